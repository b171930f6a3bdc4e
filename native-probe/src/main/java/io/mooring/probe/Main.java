package io.mooring.probe;

import picocli.CommandLine;

/** {@code ./mooring probe}: exits 0, 1 for what cannot be done, 2 for wrong arguments. */
public final class Main {

    private Main() {
    }

    public static void main(String[] args) {
        System.exit(run(args));
    }

    static int run(String... args) {
        boolean colour = System.getenv("NO_COLOR") == null && System.console() != null
                && System.console().isTerminal();
        return new CommandLine(new ProbeCommand()).setCommandName("mooring probe")
                .setColorScheme(CommandLine.Help.defaultColorScheme(colour
                        ? CommandLine.Help.Ansi.ON : CommandLine.Help.Ansi.OFF))
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setExecutionExceptionHandler((e, line, parsed) -> {
                    if (e instanceof ProbeException) {
                        line.getErr().println("mooring probe: " + e.getMessage());
                    } else {
                        e.printStackTrace(line.getErr());
                    }
                    return 1;
                })
                .execute(args);
    }
}
