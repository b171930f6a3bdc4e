package io.mooring.bench.matrix;

import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** One scenario in depth: {@code mooring bench NAME}, with the scenario's own options. */
@Command(mixinStandardHelpOptions = true, sortOptions = false)
final class ScenarioCommand implements Callable<Integer> {

    private final Scenario scenario;

    @Mixin
    private MatrixOptions options;

    @Spec
    private CommandSpec spec;

    ScenarioCommand(Scenario scenario) {
        this.scenario = scenario;
    }

    @Override
    public Integer call() {
        return options.run(List.of(scenario), text(spec));
    }

    /** What was typed. */
    static String text(CommandSpec spec) {
        return "./mooring bench " + String.join(" ",
                spec.root().commandLine().getParseResult().originalArgs().stream()
                .map(word -> word.matches("[\\w=.,:/+-]+") ? word : "'" + word + "'").toList());
    }
}
