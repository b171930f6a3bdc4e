package io.mooring.kernel.plan;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** {@code ./mooring plan}. */
@Command(name = "plan", mixinStandardHelpOptions = true, description = "predicts the memory, time and limits of N connections")
public final class PlanCommand implements Callable<Integer> {

    @Override
    public Integer call() {
        throw new UnsupportedOperationException("not built yet");
    }
}
