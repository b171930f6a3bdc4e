package io.mooring.bench;

import io.mooring.bench.jmh.MicroCommand;
import io.mooring.bench.matrix.DiffCommand;
import io.mooring.bench.matrix.MatrixCommand;
import io.mooring.bench.million.MillionCommand;
import io.mooring.bench.scenario.Scenarios;
import io.mooring.bench.storm.StormCommand;
import io.mooring.bench.topics.TopicsCommand;
import io.mooring.bench.zerocopy.ZerocopyCommand;
import java.util.Arrays;
import picocli.CommandLine;

/** The command line of the bench: the matrix, other questions, and the demonstration. */
public final class Main {

    private Main() {
    }

    /** Exits 0 when all was measured, 1 when something was not, 2 for a wrong command line. */
    public static void main(String[] args) {
        System.exit(run(args));
    }

    /** As {@link #main}, without the exit. */
    static int run(String... args) {
        boolean million = args.length > 0 && args[0].equals("million");
        CommandLine line = million ? new CommandLine(new MillionCommand()) : bench(args);
        line.setParameterExceptionHandler((wrong, given) -> {
            CommandLine command = wrong.getCommandLine();
            command.getErr().println(wrong.getMessage() + " ('"
                    + command.getCommandSpec().qualifiedName() + " --help' tells)");
            return CommandLine.ExitCode.USAGE;
        });
        line.setExecutionExceptionHandler((failure, command, result) -> {
            if (failure instanceof BenchException) {
                command.getErr().println(command.getCommandName() + ": " + failure.getMessage());
                return 1;
            }
            throw failure;
        });
        return line.execute(million ? Arrays.copyOfRange(args, 1, args.length) : args);
    }

    private static CommandLine bench(String... args) {
        return MatrixCommand.line(Scenarios::all, Arrays.asList(args).contains("--quick"))
                .addSubcommand(new DiffCommand())
                .addSubcommand(new ChurnKillCommand())
                .addSubcommand(new StormCommand())
                .addSubcommand(new TopicsCommand())
                .addSubcommand(new ZerocopyCommand())
                .addSubcommand(new MicroCommand());
    }
}
