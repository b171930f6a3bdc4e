package io.mooring.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.ToDoubleFunction;

/**
 * All rounds of {@code idle}: medians in bytes per connection. The kernel's use those rounds that
 * nobody disturbed, or all where there is no such.
 */
record IdleSummary(List<String> engines, List<IdleRun> runs) {

    private static final double SHOWN_BYTES_MIN = 4;

    private List<IdleRun> of(String target) {
        return runs.stream().filter(run -> run.target().equals(target)).toList();
    }

    Stats user(String target, ToDoubleFunction<IdleRun> figure) {
        return stats(of(target), figure);
    }

    Stats kernel(String target, ToDoubleFunction<IdleRun> figure) {
        List<IdleRun> all = of(target);
        List<IdleRun> calm = all.stream().filter(run -> run.faults().isEmpty()).toList();
        return stats(calm.isEmpty() ? all : calm, figure);
    }

    private static Stats stats(List<IdleRun> runs, ToDoubleFunction<IdleRun> figure) {
        return Stats.of(runs.stream().map(figure::applyAsDouble).toList());
    }

    /** Kernel bytes above the bare accepted socket: medians of each. */
    double aboveBare(String engine, ToDoubleFunction<IdleRun> figure) {
        return kernel(engine, figure).median() - kernel(EngineOptions.BARE, figure).median();
    }

    String table() {
        Table table = new Table("B/connection", "RSS", "Pss", "slabs", "above bare",
                "waiting", "Slab", "PageTables", "Percpu", "VmallocUsed");
        List<String> targets = new ArrayList<>(List.of(EngineOptions.BARE));
        targets.addAll(engines);
        for (String target : targets) {
            table.row(target, range(user(target, IdleRun::rssSlope)),
                    range(user(target, IdleRun::pssSlope)),
                    range(kernel(target, IdleRun::slabSlope)),
                    whole(aboveBare(target, IdleRun::slabSlope)),
                    whole(aboveBare(target, IdleRun::waitingSlope)),
                    whole(meminfo(target, "Slab")), whole(meminfo(target, "PageTables")),
                    whole(meminfo(target, "Percpu")), whole(meminfo(target, "VmallocUsed")));
        }
        return table + "(medians [min..max] of slopes; slabs: active objects x packed size, both"
                + " ends of each\nconnection; above bare: less the bare server's; waiting:"
                + " the same without\nthe caches of files, processes and the sockets as such)\n";
    }

    private double meminfo(String target, String name) {
        return kernel(target, run -> run.meminfoSlope(name)).median();
    }

    /** The caches that tell an engine from the bare server, in bytes per connection. */
    String cacheTable() {
        List<String> heads = new ArrayList<>(List.of("slab cache, above bare"));
        heads.addAll(engines);
        Table table = new Table(heads.toArray(String[]::new));
        TreeSet<String> caches = new TreeSet<>();
        runs.forEach(run -> caches.addAll(run.cacheSlopes().keySet()));
        for (String cache : caches) {
            List<Object> cells = new ArrayList<>(List.of(cache));
            boolean shown = false;
            for (String engine : engines) {
                double above = cache(engine, cache) - cache(EngineOptions.BARE, cache);
                shown |= Math.abs(above) >= SHOWN_BYTES_MIN;
                cells.add(whole(above));
            }
            if (shown) {
                table.row(cells.toArray());
            }
        }
        return table.toString();
    }

    private double cache(String target, String cache) {
        return kernel(target, run -> run.cacheSlopes().getOrDefault(cache, 0.0)).median();
    }

    private static String range(Stats stats) {
        return "%,.0f [%,.0f..%,.0f]".formatted(stats.median(), stats.min(), stats.max());
    }

    private static String whole(double value) {
        return "%,.0f".formatted(value);
    }

    List<Object> json() {
        List<Object> list = new ArrayList<>();
        for (String engine : engines) {
            Map<String, Object> json = new LinkedHashMap<>();
            json.put("engine", engine);
            json.put("rss_slope_median", user(engine, IdleRun::rssSlope).median());
            json.put("pss_slope_median", user(engine, IdleRun::pssSlope).median());
            json.put("slab_slope_median", kernel(engine, IdleRun::slabSlope).median());
            json.put("bare_slab_slope_median",
                    kernel(EngineOptions.BARE, IdleRun::slabSlope).median());
            json.put("above_bare", aboveBare(engine, IdleRun::slabSlope));
            json.put("above_bare_waiting", aboveBare(engine, IdleRun::waitingSlope));
            list.add(json);
        }
        return list;
    }
}
