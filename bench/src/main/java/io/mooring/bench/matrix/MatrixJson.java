package io.mooring.bench.matrix;

import io.mooring.bench.BenchException;
import io.mooring.bench.Json;
import io.mooring.bench.Stats;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.HdrHistogram.Histogram;

/** All that was measured as JSON; schema.json beside this class says what is where. */
record MatrixJson(Run run) {

    /** Of the file; what reads it refuses others. */
    static final String SCHEMA = "mooring-bench";
    /** Raised when a key goes or changes its meaning, not when one comes. */
    static final long VERSION = 1;

    void write(Path file) {
        try {
            Files.writeString(file, Json.write(json()));
        } catch (IOException e) {
            throw new BenchException("cannot write " + file + ": " + e.getMessage());
        }
    }

    Map<String, Object> json() {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("schema", SCHEMA);
        json.put("version", VERSION);
        json.put("command", run.command());
        json.put("started", run.started().toString());
        json.put("seconds", run.seconds());
        json.put("quick", run.quick());
        json.put("baselines", run.baselines());
        json.put("machine", run.machine());
        json.put("engines", run.engines().stream().map(this::engine).toList());
        json.put("scenarios", run.results().stream().map(MatrixJson::scenario).toList());
        return json;
    }

    private Map<String, Object> engine(String name) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("name", name);
        json.put("peer", run.bench().peers().contains(name));
        json.put("refused", run.bench().refused().get(name));
        Map<String, Object> servers = new LinkedHashMap<>();
        run.bench().commands().forEach((what, command) -> {
            if (what.startsWith(name + " ")) {
                Map<String, Object> server = new LinkedHashMap<>();
                server.put("command", command);
                SocketOptions sockets = run.bench().checked().get(what);
                server.put("sockets", sockets == null ? null : sockets.json());
                servers.put(what.substring(name.length() + 1), server);
            }
        });
        json.put("servers", servers);
        return json;
    }

    private static Map<String, Object> scenario(Result result) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("name", result.scenario().name());
        json.put("question", result.scenario().question());
        json.put("rounds", result.rounds());
        json.put("options", result.scenario().options());
        List<Object> variants = new ArrayList<>();
        for (String variant : result.scenario().variants()) {
            Map<String, Object> one = new LinkedHashMap<>();
            one.put("name", variant);
            one.put("engines", result.engines().stream()
                    .map(engine -> engine(result, variant, engine)).toList());
            one.put("rows", result.rows().stream().filter(row -> row.variant().equals(variant))
                    .map(MatrixJson::row).toList());
            variants.add(one);
        }
        json.put("variants", variants);
        return json;
    }

    private static Map<String, Object> engine(Result result, String variant, String engine) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("engine", engine);
        json.put("valid_rounds", result.validRounds(engine, variant));
        json.put("noisy_rounds", result.noisyRounds(engine, variant));
        json.put("faults", result.faults(engine, variant));
        json.put("notes", result.notes(engine, variant));
        Map<String, Object> figures = new LinkedHashMap<>();
        for (Metric metric : Metric.values()) {
            Stats stats = result.stats(engine, variant, metric);
            if (stats.count() > 0) {
                figures.put(metric.key(), stats(stats));
            }
        }
        json.put("figures", figures);
        Map<String, Object> ratios = new LinkedHashMap<>();
        for (String baseline : result.baselines()) {
            ratios.put(baseline, ratios(result, variant, engine, baseline));
        }
        json.put("ratios", ratios);
        Histogram times = result.times(engine, variant);
        if (times.getTotalCount() > 0) {
            json.put("times_ns", Percentiles.json(times));
        }
        Map<String, Double> slabs = result.slabs(engine, variant);
        if (!slabs.isEmpty()) {
            json.put("slab_bytes_per_connection", slabs);
        }
        return json;
    }

    private static Map<String, Object> stats(Stats stats) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("median", stats.median());
        json.put("min", stats.min());
        json.put("max", stats.max());
        return json;
    }

    private static Map<String, Object> ratios(Result result, String variant, String engine,
            String baseline) {
        Map<String, Object> ratios = new LinkedHashMap<>();
        for (Metric metric : result.scenario().metrics()) {
            Stats stats = result.ratio(engine, baseline, variant, metric);
            if (metric.better() != 0 && stats.count() > 0) {
                Map<String, Object> json = stats(stats);
                double[] values = result.ratios(engine, baseline, variant, metric);
                Interval interval = Interval.ofMedian(values);
                json.put("low", interval.low());
                json.put("high", interval.high());
                json.put("rounds", Arrays.stream(values).boxed().toList());
                ratios.put(metric.key(), json);
            }
        }
        return ratios;
    }

    private static Map<String, Object> row(Row row) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("engine", row.engine());
        json.put("round", row.round());
        json.put("valid", row.isValid());
        json.put("noisy", row.isNoisy());
        json.put("faults", row.faults());
        json.put("notes", row.notes());
        Map<String, Object> figures = new LinkedHashMap<>();
        row.figures().forEach((metric, value) -> figures.put(metric.key(), value));
        json.put("figures", figures);
        return json;
    }
}
