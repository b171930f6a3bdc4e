package io.mooring.bench.matrix;

import java.time.OffsetDateTime;
import java.util.List;
import java.util.Map;

/** A whole run, for those who report it. */
record Run(String command, OffsetDateTime started, double seconds, boolean quick,
        List<String> engines, List<String> baselines, Bench bench, Map<String, Object> machine,
        List<Result> results) {

    /** What was not measured at all. */
    List<String> unmeasured() {
        return results.stream().flatMap(result -> result.unmeasured().stream()).toList();
    }
}
