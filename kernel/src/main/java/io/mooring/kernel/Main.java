package io.mooring.kernel;

import io.mooring.kernel.doctor.DoctorCommand;
import io.mooring.kernel.plan.PlanCommand;
import io.mooring.kernel.tune.TuneCommand;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Ansi;

/** {@code ./mooring doctor|tune|plan}: exits 0, 1 for what cannot be done, 2 for wrong usage. */
@Command(name = "mooring", subcommands = {DoctorCommand.class, TuneCommand.class,
    PlanCommand.class}, synopsisSubcommandLabel = "COMMAND")
public final class Main {

    private Main() {
    }

    public static void main(String[] args) {
        System.exit(run(args));
    }

    static int run(String... args) {
        boolean colour = System.getenv("NO_COLOR") == null && System.console() != null
                && System.console().isTerminal();
        return new CommandLine(new Main())
                .setColorScheme(CommandLine.Help.defaultColorScheme(colour ? Ansi.ON : Ansi.OFF))
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setParameterExceptionHandler((wrong, parsed) -> {
                    CommandLine line = wrong.getCommandLine();
                    line.getErr().println(wrong.getMessage() + " ('./"
                            + line.getCommandSpec().qualifiedName() + " --help' tells)");
                    return CommandLine.ExitCode.USAGE;
                })
                .setExecutionExceptionHandler((e, line, parsed) -> {
                    if (e instanceof KernelException) {
                        line.getErr().println("mooring " + line.getCommandName() + ": "
                                + e.getMessage());
                    } else {
                        e.printStackTrace(line.getErr());
                    }
                    return 1;
                })
                .execute(args);
    }
}
