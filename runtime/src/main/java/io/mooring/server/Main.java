package io.mooring.server;

import io.mooring.sys.SetupException;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The command line. Exit codes: 0 done, 1 failed, 2 used wrongly. */
@Command(name = "mooring", mixinStandardHelpOptions = true, versionProvider = Main.Version.class,
    description = "WebSockets on io_uring.",
    subcommands = {ServeCommand.class, SwarmCommand.class})
public final class Main {
    private Main() {
    }

    static final class Version implements CommandLine.IVersionProvider {
        @Override
        public String[] getVersion() {
            String version = Main.class.getPackage().getImplementationVersion();
            return new String[] {"mooring " + (version == null ? "(not packaged)" : version)};
        }
    }

    public static void main(String[] args) {
        System.exit(run(args));
    }

    static int run(String... args) {
        CommandLine line = new CommandLine(new Main());
        if (System.getenv("NO_COLOR") != null) {
            line.setColorScheme(CommandLine.Help.defaultColorScheme(CommandLine.Help.Ansi.OFF));
        }
        line.setCaseInsensitiveEnumValuesAllowed(true);
        line.setParameterExceptionHandler((e, given) -> {
            CommandLine at = e.getCommandLine();
            String command = at.getParent() == null ? "" : at.getCommandName() + " ";
            at.getErr().println("mooring: " + e.getMessage()
                + "; 'mooring " + command + "--help' lists the options");
            return 2;
        });
        line.setExecutionExceptionHandler((e, command, result) -> {
            if (!(e instanceof SetupException)) {
                throw e;
            }
            command.getErr().println("mooring: " + e.getMessage());
            return 1;
        });
        if (args.length == 0) {
            line.usage(line.getErr());
            return 2;
        }
        return line.execute(args);
    }
}
