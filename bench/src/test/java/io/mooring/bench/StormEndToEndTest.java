package io.mooring.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code bench storm}: a whole measurement with few connections, and wrong command lines. */
class StormEndToEndTest {

    @Test
    void stormFromEndToEnd(@TempDir Path folder) throws IOException {
        MainRun.requireTools();
        Path json = folder.resolve("storm.json");
        MainRun run = MainRun.of("storm", "--connections", "60", "--deaf", "10", "--size", "4096",
                "--echo-connections", "10", "--echo-rate", "200", "--seconds", "0.5", "--warmup",
                "0.2", "--broadcasts", "3", "--rounds", "2", "--minutes", "0.02", "--json",
                json.toString());
        assertThat(json).as(run.toString()).exists();
        Map<String, Object> results =
                Json.object(Json.parseObject(Files.readString(json)).get("results"));
        List<?> crowds = (List<?>) results.get("crowds");
        assertThat(crowds).hasSize(2);
        for (int i = 0; i < 2; i++) {
            Map<String, Object> crowd = Json.object(crowds.get(i));
            long deaf = i == 0 ? 0 : 6;
            assertThat(crowd).containsEntry("deaf", deaf).containsEntry("missing", 0L)
                    .containsEntry("wrong", 0L).containsEntry("lost", 0L)
                    .containsEntry("deliveries", (60 - deaf) * (Long) crowd.get("broadcasts"));
        }
        assertThat(Json.object(results.get("complete_ms"))).containsEntry("count", 6L);
        assertThat(Json.object(results.get("complete_with_deaf_ms"))).containsEntry("count", 6L);
        assertThat((Long) Json.object(results.get("echo_storm_ms")).get("count")).isPositive();
        assertThat(Json.object(results.get("seen"))).hasSize(2);
        // What the machine may spoil is the echoes in time, and what others have TCP hold.
        assertThat((List<?>) results.get("faults")).allMatch(fault ->
                fault.toString().contains("echoes") || fault.toString().contains("TCP memory"));
        assertThat(run.exit()).as(run.toString()).isEqualTo(results.get("passed").equals(true) ? 0 : 1);
    }

    @Test
    void wrongCommandLinesExitWith2() {
        assertThat(Main.run("storm", "--size", "15")).isEqualTo(2);
        assertThat(Main.run("storm", "--deaf", "0")).isEqualTo(2);
        assertThat(Main.run("storm", "--deaf", "100")).isEqualTo(2);
        assertThat(Main.run("storm", "--connections", "50", "--deaf", "1")).isEqualTo(2);
        assertThat(Main.run("storm", "--minutes", "-1")).isEqualTo(2);
    }
}
