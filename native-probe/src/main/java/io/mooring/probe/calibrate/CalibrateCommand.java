package io.mooring.probe.calibrate;

import io.mooring.probe.ProbeException;
import io.mooring.probe.Version;
import io.mooring.probe.model.Units;
import io.mooring.probe.report.Json;
import io.mooring.probe.source.ProcFs;
import io.mooring.probe.source.ProcessInfo;
import io.mooring.probe.sys.LibC;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** What one more connection costs here, found out by opening some. */
@Command(name = "calibrate", mixinStandardHelpOptions = true, versionProvider = Version.class,
        description = "Opens real connections over loopback in steps, in each situation, and"
                + " reports what one more costs this kernel, with its error. Needs root, for"
                + " /proc/slabinfo, and takes some seconds.",
        footer = {"", "Exit codes: 0, 1 when it cannot be done, 2 for wrong arguments."})
public final class CalibrateCommand implements Callable<Integer> {

    private static final int OTHER_DESCRIPTORS = 200;

    @Spec
    private CommandSpec spec;
    @Option(names = "--connections", paramLabel = "N", description = "more in each step"
            + " (${DEFAULT-VALUE})")
    private int connections = 1000;
    @Option(names = "--steps", paramLabel = "N", description = "(${DEFAULT-VALUE})")
    private int steps = 4;
    @Option(names = "--situation", paramLabel = "NAME", split = ",",
            description = "only these: ${COMPLETION-CANDIDATES}")
    private List<Situation> situations = List.of(Situation.values());
    @Option(names = "--json", paramLabel = "FILE", description = "as JSON; -: standard output")
    private String json;

    @Override
    public Integer call() {
        check();
        Calibration calibration = new Calibration(
                new ProcFs(Path.of("/"), LibC.pageBytes()), connections, steps);
        List<Calibration.Result> results = new ArrayList<>();
        boolean terminal = System.console() != null && System.console().isTerminal();
        for (Situation situation : situations) {
            if (terminal) {
                spec.commandLine().getErr().println("calibrating: " + situation.text);
            }
            results.add(calibration.run(situation));
        }
        String text = json == null ? table(results) : Json.write(json(results));
        if (json == null || json.equals("-")) {
            byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
            System.out.write(bytes, 0, bytes.length);
            System.out.flush();
        } else {
            write(text);
        }
        return 0;
    }

    private void write(String text) {
        try {
            java.nio.file.Files.writeString(Path.of(json), text);
        } catch (java.io.IOException e) {
            throw new ProbeException("cannot write " + json + ": " + e.getMessage(), e);
        }
    }

    private void check() {
        if (connections < 10 || steps < 2 || steps > 100 || (long) connections * steps > 1 << 24) {
            throw new ParameterException(spec.commandLine(),
                    "--connections takes 10 or more, --steps 2 to 100");
        }
        ProcessInfo me = ProcessInfo.read(new ProcFs(Path.of("/"), LibC.pageBytes()),
                (int) ProcessHandle.current().pid()).value();
        long needed = 2L * connections * steps + OTHER_DESCRIPTORS;
        if (me != null && me.filesSoft() > 0 && needed > me.filesSoft()) {
            throw new ProbeException("both ends of " + Units.count((long) connections * steps)
                    + " connections need " + Units.count(needed) + " open files, the limit is "
                    + Units.count(me.filesSoft())
                    + ": fewer --connections, or raise it (ulimit -n)");
        }
    }

    private static String table(List<Calibration.Result> results) {
        StringBuilder out = new StringBuilder();
        out.append(String.format(Locale.ROOT, "  %-12s %16s %11s  %s%n", "situation",
                "B, both ends", "above bare", "what grew"));
        Calibration.Result bare = results.stream()
                .filter(one -> one.situation() == Situation.BARE).findFirst().orElse(null);
        for (Calibration.Result one : results) {
            StringBuilder caches = new StringBuilder();
            one.caches().forEach(cache -> caches.append(caches.isEmpty() ? "" : ", ")
                    .append(cache.cache()).append(' ').append(Units.each(cache.bytes())));
            out.append(String.format(Locale.ROOT, "  %-12s %16s %11s  %s%s%n",
                    one.situation(), figure(one.bytes(), one.error()), bare == null
                    || one.situation() == Situation.TIME_WAIT || one == bare ? "-"
                    : String.format(Locale.ROOT, "%+,.0f", one.bytes() - bare.bytes()),
                    one.isDisturbed() ? "DISTURBED" + (one.odd().isEmpty() ? ""
                    : " (" + one.odd() + ")") + ": " : "", caches));
        }
        if (results.stream().anyMatch(Calibration.Result::isDisturbed)) {
            long most = results.stream().mapToLong(Calibration.Result::strangers).max().orElse(0);
            out.append("  disturbed: other processes opened or closed up to ").append(most)
                    .append(" sockets, or used the same slabs; run it again when it is quiet\n");
        }
        return out.toString();
    }

    private static String figure(double bytes, double error) {
        return String.format(Locale.ROOT, "%,.0f \u00b1 %,.0f", bytes, error);
    }

    private static Map<String, Object> json(List<Calibration.Result> results) {
        Map<String, Object> all = new LinkedHashMap<>();
        all.put("schema", "mooring-probe-calibration/1");
        List<Object> rows = new ArrayList<>();
        for (Calibration.Result one : results) {
            Map<String, Object> row = new LinkedHashMap<>();
            row.put("situation", one.situation().id);
            row.put("text", one.situation().text);
            row.put("connections", one.connections());
            row.put("bytes", one.bytes());
            row.put("error", one.error());
            row.put("free_bytes", one.freeBytes());
            row.put("free_error", one.freeError());
            row.put("strangers", one.strangers());
            row.put("odd_cache", one.odd());
            row.put("disturbed", one.isDisturbed());
            Map<String, Object> caches = new LinkedHashMap<>();
            one.caches().forEach(cache -> caches.put(cache.cache(), cache.bytes()));
            row.put("caches", caches);
            rows.add(row);
        }
        all.put("situations", rows);
        return all;
    }
}
