package io.mooring.kernel.doctor;

import io.mooring.epoll.EngineChoice;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * {@code ./mooring doctor}: exits 0 where the connections fit, warnings or not, 1 where they do
 * not, 2 for wrong arguments; so a unit may have it as ExecStartPre.
 */
@Command(name = "doctor", mixinStandardHelpOptions = true, sortOptions = false,
    description = "Checks whether this machine can hold the connections wanted, and says what to "
        + "change; changes nothing. Exit code: 0 they fit, 1 they do not, 2 wrong arguments.")
public final class DoctorCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Option(names = "--connections", paramLabel = "N", defaultValue = "1000000",
        description = "At once; give what serve --max-connections is given "
            + "(default: ${DEFAULT-VALUE}, what Mooring is for)")
    private int connections;

    @Option(names = "--engine", paramLabel = "auto|io_uring|epoll",
        defaultValue = "${sys:mooring.engine:-auto}",
        description = "As serve --engine; auto: tries io_uring, and goes on with epoll where that "
            + "is refused (default: ${DEFAULT-VALUE})")
    private EngineChoice engine;

    @Option(names = "--zero-copy",
        description = "The server will be given --zero-copy-from: its memory is locked")
    private boolean zeroCopy;

    @Option(names = "--verbose", description = "What is fine, too, one by one")
    private boolean verbose;

    @Option(names = "--json", description = "As JSON")
    private boolean json;

    @Option(names = "--root", paramLabel = "DIR", defaultValue = "/",
        description = "A folder with the proc and sys of another machine, and its page size in "
            + "pagesize.txt; io_uring is not tried then")
    private Path root;

    @Override
    public Integer call() {
        if (!Files.isReadable(root.resolve("proc/meminfo"))) {
            throw new ParameterException(spec.commandLine(), "--root " + root + ": there is no "
                + "proc/meminfo in it");
        }
        Diagnosis diagnosis = diagnose();
        PrintWriter out = spec.commandLine().getOut();
        out.print(json ? DiagnosisPrinter.json(diagnosis) : DiagnosisPrinter.text(diagnosis,
            verbose, spec.commandLine().getColorScheme().ansi()));
        out.flush();
        return diagnosis.fits() ? 0 : 1;
    }

    private Diagnosis diagnose() {
        Host host = Host.at(root);
        try {
            return Diagnosis.of(host, new Wanted(connections, engine, zeroCopy));
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(),
                e.getMessage().replace("maxConnections", "--connections"));
        }
    }
}
