package io.mooring.probe.report;

import io.mooring.probe.model.Report;
import io.mooring.probe.model.Units;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What came between two reports, and how much of it the rows explain, judged by witnesses that know
 * nothing of sockets: free pages, and the memory cgroup's counter.
 */
public final class ReportDiff {

    /** One row of the stack in both reports. */
    public record Row(String name, boolean isKernel, double count, double bytes) {
    }

    /**
     * What a witness saw beside what the rows say.
     *
     * @param seen      bytes more
     * @param explained of them
     * @param others    of them, what is known to be another's: slabs that are not sockets', page
     *                  tables, stacks, memory for each CPU
     */
    public record Witness(String name, double seen, double explained, double others) {

        /** NaN where nothing came. */
        public double share() {
            return seen - others <= 0 ? Double.NaN : explained / (seen - others);
        }
    }

    private static final List<String> OTHERS =
            List.of("PageTables", "SecPageTables", "KernelStack", "Percpu");

    private final Doc before;
    private final Doc after;

    /** @throws IllegalArgumentException they cannot be compared; says why */
    public ReportDiff(Object before, Object after) {
        this.before = new Doc(before);
        this.after = new Doc(after);
        for (Doc one : List.of(this.before, this.after)) {
            if (!Report.SCHEMA.equals(one.text("schema"))) {
                throw new IllegalArgumentException("its schema is " + one.text("schema")
                        + ", this reads " + Report.SCHEMA);
            }
        }
        String was = this.before.at("scope").text("kind");
        if (!was.equals(this.after.at("scope").text("kind"))) {
            throw new IllegalArgumentException("one is of a " + was + ", the other of a "
                    + this.after.at("scope").text("kind"));
        }
    }

    public double connections() {
        return after.number("connections") - before.number("connections");
    }

    public List<Row> rows() {
        Map<String, Row> rows = new LinkedHashMap<>();
        add(rows, after, 1);
        add(rows, before, -1);
        List<Row> changed = new ArrayList<>(rows.values());
        changed.removeIf(row -> row.bytes == 0 && row.count == 0);
        return changed;
    }

    private static void add(Map<String, Row> rows, Doc doc, int sign) {
        for (Doc layer : doc.list("layers")) {
            Row row = new Row(layer.text("name"), layer.flag("kernel"),
                    sign * layer.number("count"), sign * layer.number("bytes"));
            rows.merge(row.name, row, (a, b) -> new Row(a.name, a.isKernel, a.count + b.count,
                    a.bytes + b.bytes));
        }
    }

    /** Kernel memory more, by the rows. */
    public double explained() {
        return rows().stream().filter(Row::isKernel).mapToDouble(Row::bytes).sum();
    }

    public List<Witness> witnesses() {
        List<Witness> seen = new ArrayList<>();
        // The other ends of a process's connections are no rows of its report, but in free pages.
        if (has("memory") && after.at("scope").text("kind").equals("host")) {
            double others = otherSlabs(after) - otherSlabs(before);
            for (String other : OTHERS) {
                others += change("memory", other);
            }
            seen.add(new Witness("kernel memory by free pages", change("memory", "kernel_bytes"),
                    explained(), others));
        }
        if (has("cgroup") && after.at("scope").text("kind").equals("pid")
                && after.at("cgroup").number("processes") == 1 && before.at("cgroup").text("path")
                .equals(after.at("cgroup").text("path"))) {
            seen.add(new Witness("the cgroup's kernel memory", change("cgroup", "kernel_bytes"),
                    charged(after) - charged(before), pageTables(after) - pageTables(before)));
        }
        return seen;
    }

    private boolean has(String key) {
        return before.has(key) && after.has(key);
    }

    private double change(String part, String key) {
        return after.at(part).number(key) - before.at(part).number(key);
    }

    private static double charged(Doc doc) {
        return doc.list("layers").stream().filter(layer -> layer.flag("kernel"))
                .mapToDouble(layer -> layer.number("charged_bytes")).sum();
    }

    private static double pageTables(Doc doc) {
        return doc.list("processes").stream().mapToDouble(one -> one.number("page_table_bytes"))
                .sum();
    }

    /** Slabs that hold nothing of sockets, dentries and files aside, which sockets share. */
    private static double otherSlabs(Doc doc) {
        Doc slabs = doc.at("slabs");
        return slabs.number("held_bytes") - slabs.at("of_sockets").sum();
    }

    public String text() {
        StringBuilder out = new StringBuilder();
        out.append(format("From %s to %s, %s%n", before.text("taken_at"), after.text("taken_at"),
                after.at("machine").text("kernel")));
        double more = connections();
        out.append(format("  connections %+,.0f, kernel memory %s by the rows%s%n%n", more,
                Units.change(explained()), more == 0 ? ""
                : ", " + Units.each(explained() / more) + " B each"));
        out.append(format("  %12s %12s %12s  %s%n", "count", "bytes", "B/conn.", "what"));
        for (Row row : rows()) {
            out.append(format("  %+,12.0f %12s %12s  %s%n", row.count, Units.change(row.bytes),
                    more == 0 ? "-" : Units.each(row.bytes / more), row.name));
        }
        out.append('\n');
        for (Witness one : witnesses()) {
            out.append(format("  %s: %s, others' in it %s; explained %s, %s%n", one.name,
                    Units.change(one.seen), Units.change(one.others), Units.change(one.explained),
                    Double.isNaN(one.share()) ? "nothing to explain"
                    : Units.percent(one.share())));
        }
        if (!after.at("machine").text("kernel").equals(before.at("machine").text("kernel"))) {
            out.append("  the reports are of different kernels\n");
        }
        return out.toString();
    }

    public Map<String, Object> json() {
        Map<String, Object> all = new LinkedHashMap<>();
        all.put("schema", "mooring-probe-diff/1");
        all.put("connections", connections());
        all.put("explained_bytes", explained());
        all.put("rows", rows().stream().map(row -> (Object) Map.of("name", row.name, "kernel",
                row.isKernel, "count", row.count, "bytes", row.bytes)).toList());
        all.put("witnesses", witnesses().stream().map(one -> {
            Map<String, Object> map = new LinkedHashMap<>();
            map.put("name", one.name);
            map.put("seen_bytes", one.seen);
            map.put("other_slab_bytes", one.others);
            map.put("explained_bytes", one.explained);
            map.put("share", one.share());
            return (Object) map;
        }).toList());
        return all;
    }

    private static String format(String format, Object... values) {
        return String.format(Locale.ROOT, format, values);
    }

    /** A parsed report, read leniently: what is not there is nothing. */
    private record Doc(Object value) {

        Object get(String key) {
            return value instanceof Map<?, ?> map ? map.get(key) : null;
        }

        boolean has(String key) {
            return get(key) != null;
        }

        Doc at(String key) {
            return new Doc(get(key));
        }

        String text(String key) {
            return String.valueOf(get(key));
        }

        boolean flag(String key) {
            return Boolean.TRUE.equals(get(key));
        }

        double number(String key) {
            return get(key) instanceof Number number ? number.doubleValue() : 0;
        }

        double sum() {
            return value instanceof Map<?, ?> map ? map.values().stream()
                    .mapToDouble(one -> one instanceof Number n ? n.doubleValue() : 0).sum() : 0;
        }

        List<Doc> list(String key) {
            List<Doc> docs = new ArrayList<>();
            if (get(key) instanceof List<?> list) {
                list.forEach(one -> docs.add(new Doc(one)));
            }
            return docs;
        }
    }
}
