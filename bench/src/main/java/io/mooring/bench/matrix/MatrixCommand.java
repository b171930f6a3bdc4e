package io.mooring.bench.matrix;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.Spec;

/** {@code mooring bench}: all scenarios, or some; each in depth is a subcommand of its name. */
@Command(name = "mooring bench", mixinStandardHelpOptions = true, sortOptions = false,
        description = {"Measures servers side by side: engines x scenarios in one run, each server"
                + " in a process of its own on a core apart from the load, rounds interleaved.",
            "Writes a table, JSON, percentile files and an HTML page. Exits 1 when an engine has"
                + " no round that counts in a scenario: refused, failed, or the client was"
                + " saturated."})
public final class MatrixCommand implements Callable<Integer> {

    private static final String ALL = "all";

    private final Supplier<List<Scenario>> scenarios;

    @Option(names = "--scenarios", split = ",", paramLabel = "NAME", defaultValue = ALL,
            description = "what is measured: idle, connect, echo, echo-rate, broadcast, mixed;"
                    + " ${DEFAULT-VALUE}")
    private List<String> names;

    @Option(names = "--set", paramLabel = "SCENARIO.OPTION=VALUE",
            description = "an option of a scenario, as --set mixed.idle=50000 ('bench mixed --help'"
                    + " lists them). May be given again")
    private Map<String, String> settings = new LinkedHashMap<>();

    @Mixin
    private MatrixOptions options;

    @Spec
    private CommandSpec spec;

    private MatrixCommand(Supplier<List<Scenario>> scenarios) {
        this.scenarios = scenarios;
    }

    /**
     * The whole command line, with a subcommand for each scenario.
     *
     * @param quick whether it has --quick, which changes the scenarios' defaults
     */
    public static CommandLine line(Supplier<List<Scenario>> scenarios, boolean quick) {
        CommandLine line = new CommandLine(new MatrixCommand(scenarios));
        line.setAllowSubcommandsAsOptionParameters(true);   // --scenarios echo
        for (Scenario scenario : scenarios.get()) {
            CommandLine one = new CommandLine(new ScenarioCommand(scenario));
            one.getCommandSpec().name(scenario.name()).addMixin("scenario",
                    CommandSpec.forAnnotatedObject(scenario));
            one.getCommandSpec().usageMessage().description(scenario.question());
            one.setDefaultValueProvider(new QuickDefaults(scenario, quick));
            line.addSubcommand(scenario.name(), one);
        }
        return line.setExecutionStrategy(parsed -> {
            refuseMisplaced(parsed);
            return new CommandLine.RunLast().execute(parsed);
        });
    }

    /** An option before a subcommand would be this command's, and have no effect. */
    private static void refuseMisplaced(ParseResult parsed) {
        if (parsed.hasSubcommand() && !parsed.matchedOptions().isEmpty()) {
            String option = parsed.matchedOptions().getFirst().longestName();
            String name = parsed.subcommand().commandSpec().name();
            throw new ParameterException(parsed.commandSpec().commandLine(), "put " + option
                    + " behind '" + name + "': ./mooring bench " + name + " " + option + " ...");
        }
    }

    @Override
    public Integer call() {
        List<Scenario> all = scenarios.get();
        List<Scenario> chosen = new ArrayList<>();
        for (String name : new LinkedHashSet<>(names)) {
            List<Scenario> matching = all.stream().filter(scenario -> name.equals(ALL)
                    || name.equals(scenario.name())).toList();
            options.require(!matching.isEmpty() ? null : "no scenario '" + name + "'; there are: "
                    + String.join(", ", all.stream().map(Scenario::name).toList()));
            chosen.addAll(matching);
        }
        chosen.forEach(this::set);
        options.require(settings.isEmpty() ? null : "--set " + settings.keySet().iterator().next()
                + ": no such scenario is measured");
        return options.run(List.copyOf(new LinkedHashSet<>(chosen)), ScenarioCommand.text(spec));
    }

    /** The scenario's options by their defaults, {@code --quick} and {@code --set}. */
    private void set(Scenario scenario) {
        CommandLine line = new CommandLine(CommandSpec.forAnnotatedObject(scenario));
        QuickDefaults defaults = new QuickDefaults(scenario, options.quick());
        String prefix = scenario.name() + ".";
        List.copyOf(settings.keySet()).stream().filter(key -> key.startsWith(prefix))
                .forEach(key -> {
                    String option = "--" + key.substring(prefix.length());
                    options.require(line.getCommandSpec().findOption(option) != null ? null
                            : "--set " + key + ": " + scenario.name() + " has no option " + option);
                    defaults.put(option, settings.remove(key));
                });
        try {
            line.setDefaultValueProvider(defaults).parseArgs();
        } catch (CommandLine.ParameterException e) {
            options.require("--set " + scenario.name() + ": " + e.getMessage());
        }
    }
}
