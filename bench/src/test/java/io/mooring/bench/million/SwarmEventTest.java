package io.mooring.bench.million;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.Test;

class SwarmEventTest {

    @Test
    void progressAndGrown() {
        assertThat(SwarmEvent.parse("{\"event\":\"progress\",\"connected\":5,\"failed\":1,"
                + "\"elapsed_ms\":250,\"target\":10}"))
                .isEqualTo(new SwarmEvent.Progress(5, 1, 10, 250));
        assertThat(SwarmEvent.parse("{\"event\":\"grown\",\"connected\":7,\"failed\":{\"503\":2,"
                + "\"connect ECONNREFUSED\":1},\"failed_total\":3,\"lost\":0,\"elapsed_ms\":9}"))
                .isEqualTo(new SwarmEvent.Grown(7, Map.of("503", 2L, "connect ECONNREFUSED", 1L),
                        3, 0, 9));
    }

    @Test
    void broadcastWithItsCurve() {
        SwarmEvent.Broadcast b = (SwarmEvent.Broadcast) SwarmEvent.parse("{\"event\":\"broadcast\","
                + "\"number\":2,\"receivers\":10,\"received\":9,\"missing\":1,\"corrupt\":0,"
                + "\"complete_ms\":12.5,\"latency_ms\":{\"p50\":3,\"p99.9\":11.25},"
                + "\"curve\":[[0,0],[12.5,9]]}");
        assertThat(b.missing()).isEqualTo(1);
        assertThat(b.completeMs()).isEqualTo(12.5);
        assertThat(b.latencyMs()).containsEntry("p50", 3.0).containsEntry("p99.9", 11.25);
        assertThat(b.curve().getLast()).containsExactly(12.5, 9);
    }

    @Test
    void theOthers() {
        assertThat(SwarmEvent.parse("{\"event\":\"broadcasted\"}"))
                .isEqualTo(new SwarmEvent.Broadcasted());
        assertThat(SwarmEvent.parse("{\"event\":\"status\",\"connected\":3,\"lost\":1,\"x\":[]}"))
                .isEqualTo(new SwarmEvent.Status(3, 1, 0));
        assertThat(SwarmEvent.parse("{\"event\":\"closed\",\"closed\":3,\"lost\":1,"
                + "\"elapsed_ms\":8}")).isEqualTo(new SwarmEvent.Closed(3, 1, 8));
        assertThat(SwarmEvent.parse("{\"event\":\"error\",\"message\":\"no\"}"))
                .isEqualTo(new SwarmEvent.Error("no"));
        assertThat(SwarmEvent.parse("{\"event\":\"of a later version\"}")).isNull();
        assertThatThrownBy(() -> SwarmEvent.parse("Exception in thread main"))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
