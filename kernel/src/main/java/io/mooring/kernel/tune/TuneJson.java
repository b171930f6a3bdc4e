package io.mooring.kernel.tune;

import io.mooring.probe.report.Json;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What tune would do, or has done, as JSON. Keys stay; {@code version} is raised if one goes. */
final class TuneJson {

    private static final int VERSION = 1;

    private TuneJson() {
    }

    static String plan(TunePlan plan, Host host, TuneState state) {
        Map<String, Object> root = root("dry-run");
        root.put("profile", plan.profile().name());
        root.put("title", plan.profile().title());
        root.put("memory_bytes", plan.ram().memoryBytes());
        root.put("page_bytes", plan.ram().pageBytes());
        List<Object> lines = new ArrayList<>();
        for (TunePlan.Line line : plan.lines()) {
            Setting setting = line.setting();
            Map<String, Object> one = new LinkedHashMap<>();
            one.put("key", setting.key());
            one.put("status", word(line.status()));
            one.put("current", line.status() == TunePlan.Status.ABSENT ? null : line.current());
            one.put("target", line.status() == TunePlan.Status.ABSENT ? null : line.target());
            one.put("profile_says", Numbers.text(setting.wanted(plan.ram())));
            one.put("rules", setting.rules().stream().map(TuneJson::word).toList());
            one.put("does", setting.does());
            one.put("costs", setting.costs());
            one.put("measured", setting.measured());
            one.put("note", line.note());
            lines.add(one);
        }
        root.put("lines", lines);
        root.put("limits", limits(host));
        root.put("applied_profile", state.isEmpty() ? null : state.profile());
        return Json.write(root);
    }

    private static List<Object> limits(Host host) {
        List<Object> limits = new ArrayList<>();
        for (LimitsFile.Limit limit : Profiles.limits()) {
            Map<String, Object> one = new LinkedHashMap<>();
            List<Long> softAndHard = host.limit(limit.item());
            one.put("limit", limit.key());
            // Of open files the JVM has raised its own soft limit, which tells of no other.
            one.put("soft", softAndHard.isEmpty() || limit.type().equals("hard") ? null
                : known(softAndHard.get(0)));
            one.put("hard", softAndHard.isEmpty() ? null : known(softAndHard.get(1)));
            one.put("wanted", limit.value());
            one.put("low", Persisted.isLow(host, limit));
            one.put("does", limit.does());
            one.put("costs", limit.costs());
            one.put("measured", limit.measured());
            limits.add(one);
        }
        return limits;
    }

    private static Object known(long limit) {
        return limit == Long.MAX_VALUE ? "unlimited" : limit;
    }

    static String outcome(String action, String profile, Outcome outcome) {
        Map<String, Object> root = root(action);
        root.put("profile", profile);
        root.put("complete", outcome.isComplete());
        List<Object> lines = new ArrayList<>();
        for (Outcome.Line line : outcome.lines()) {
            Map<String, Object> one = new LinkedHashMap<>();
            one.put("name", line.name());
            one.put("result", word(line.result()));
            one.put("before", line.before().isEmpty() ? null : line.before());
            one.put("after", line.after().isEmpty() ? null : line.after());
            one.put("note", line.note());
            lines.add(one);
        }
        root.put("lines", lines);
        return Json.write(root);
    }

    private static Map<String, Object> root(String action) {
        Map<String, Object> root = new LinkedHashMap<>();
        root.put("version", VERSION);
        root.put("action", action);
        return root;
    }

    private static String word(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }
}
