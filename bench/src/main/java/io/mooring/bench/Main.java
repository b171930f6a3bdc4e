package io.mooring.bench;

import io.mooring.bench.jmh.MicroCommand;
import io.mooring.bench.million.MillionCommand;
import io.mooring.bench.storm.StormCommand;
import io.mooring.bench.topics.TopicsCommand;
import io.mooring.bench.zerocopy.ZerocopyCommand;
import java.util.Arrays;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The command line of the bench: one subcommand per question, and the demonstration. */
@Command(name = "mooring bench", mixinStandardHelpOptions = true,
        description = "Measures servers side by side, each in a process of its own.",
        subcommands = {EchoRateCommand.class, BroadcastCommand.class, IdleCommand.class,
            ChurnKillCommand.class, StormCommand.class, TopicsCommand.class,
            ZerocopyCommand.class, MicroCommand.class})
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
        CommandLine line = new CommandLine(million ? new MillionCommand() : new Main());
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
}
