package io.mooring.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

class ServerMetricsTest {

    @Test
    void openMetricsSamples() {
        assertThat(ServerMetrics.parse("""
                # TYPE mooring_connections_open gauge
                mooring_connections_open 15000
                mooring_closed_total{why="peer gone",code="1006"} 3 1700000000.123
                # EOF
                """)).containsExactly(Map.entry("mooring_connections_open", 15000.0),
                Map.entry("mooring_closed_total{why=\"peer gone\",code=\"1006\"}", 3.0));
    }
}
