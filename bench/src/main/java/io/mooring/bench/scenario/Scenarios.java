package io.mooring.bench.scenario;

import io.mooring.bench.matrix.Scenario;
import java.util.List;

/** All that there are, in the order of measuring. */
public final class Scenarios {

    private Scenarios() {
    }

    /** New ones, their options not set yet. */
    public static List<Scenario> all() {
        return List.of(new Idle(), new Connect(), new Echo(), new EchoRate(), new Broadcast(),
                new Mixed());
    }
}
