package io.mooring.bench.scenario;

import io.mooring.bench.BenchException;
import io.mooring.bench.EchoLoad;
import io.mooring.bench.Json;
import io.mooring.bench.matrix.Bench;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.HdrHistogram.Histogram;

/** One run of connect_load.c. */
final class ConnectLoad {

    /** {@code rate}: begun a second at most; 0: as many as {@code pipeline} lets be under way. */
    record Plan(int connections, long rate, int pipeline, int warmups, int cycles) {
    }

    /** Of the measured cycles. */
    record Result(long opened, long closed, long errors, long late, long openNs, long closeNs,
            long cpuNs, Histogram openingNs) {
    }

    private ConnectLoad() {
    }

    /** Runs it to its end; {@code onPart} hears "open", "close" and "end" as they begin. */
    static Result run(Bench bench, int port, Plan plan, Consumer<String> onPart) {
        List<String> command = List.of(bench.program("connect_load").toString(), "-p", "" + port,
                "-n", "" + plan.connections(), "-r", "" + plan.rate(), "-c", "" + plan.pipeline(),
                "-w", "" + plan.warmups(), "-k", "" + plan.cycles());
        Process process = null;
        try {
            process = bench.loadCore().start(new ProcessBuilder(command)
                    .redirectError(ProcessBuilder.Redirect.INHERIT));
            String json = null;
            BufferedReader lines = process.inputReader(StandardCharsets.UTF_8);
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (line.startsWith("{")) {
                    json = line;
                } else {
                    onPart.accept(line);
                }
            }
            if (json == null) {
                throw new BenchException("the load of connections failed; its message is above");
            }
            return parse(json);
        } catch (IOException e) {
            throw new BenchException("the load of connections failed: " + e.getMessage());
        } finally {
            if (process != null) {
                process.destroy();
            }
        }
    }

    static Result parse(String json) {
        Map<String, Object> map = Json.parseObject(json);
        return new Result((Long) map.get("opened"), (Long) map.get("closed"),
                (Long) map.get("errors"), (Long) map.get("late"), (Long) map.get("open_ns"),
                (Long) map.get("close_ns"), (Long) map.get("cpu_ns"),
                EchoLoad.histogram(map.get("opening_ns")));
    }
}
