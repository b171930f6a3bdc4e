package io.mooring.kernel.doctor;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** {@code ./mooring doctor}. */
@Command(name = "doctor", mixinStandardHelpOptions = true, description = "checks whether this machine can hold the connections wanted")
public final class DoctorCommand implements Callable<Integer> {

    @Override
    public Integer call() {
        throw new UnsupportedOperationException("not built yet");
    }
}
