package io.mooring.kernel.tune;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** {@code ./mooring tune}. */
@Command(name = "tune", mixinStandardHelpOptions = true, description = "shows, applies or reverts the settings of a profile")
public final class TuneCommand implements Callable<Integer> {

    @Override
    public Integer call() {
        throw new UnsupportedOperationException("not built yet");
    }
}
