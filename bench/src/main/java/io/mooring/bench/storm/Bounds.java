package io.mooring.bench.storm;

import io.mooring.bench.BenchException;
import io.mooring.bench.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What the server itself says that it takes at most, in bytes.
 *
 * @param rss its process with all connections busy, by its plan
 * @param backlog its spill pools, in which frames for receivers behind lie, by its plan
 * @param tcp TCP's pressure mark, past which it lets nothing pile up; 0: this machine has none
 */
record Bounds(long rss, long backlog, long tcp) {

    /** Asks {@code serve --plan --json}, given as a whole command line. */
    static Bounds ask(List<String> planCommand, long tcpPressure) {
        try {
            Process plan = new ProcessBuilder(planCommand)
                    .redirectError(ProcessBuilder.Redirect.INHERIT).start();
            String json = new String(plan.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (plan.waitFor() != 0) {
                throw new BenchException("by its plan the server does not fit this machine; its"
                        + " message is above");
            }
            return parse(json, tcpPressure);
        } catch (IOException e) {
            throw new BenchException("the server's plan failed: " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BenchException("interrupted");
        }
    }

    static Bounds parse(String planJson, long tcpPressure) {
        Map<String, Object> plan = Json.parseObject(planJson);
        long process = (Long) Json.object(plan.get("process")).get("load_bytes");
        long spill = 0;
        for (Object term : (List<?>) plan.get("terms")) {
            Map<String, Object> one = Json.object(term);
            spill += "spill pools".equals(one.get("name")) ? (Long) one.get("load_bytes") : 0;
        }
        return new Bounds(process, spill, tcpPressure);
    }

    /** What of {@code seen} was past its bound, in words; empty where all held. */
    List<String> broken(Gauges.Seen seen) {
        List<String> broken = new ArrayList<>();
        check(broken, "server RSS", seen.rss(), rss);
        check(broken, "backlog", seen.backlog(), backlog);
        if (tcp > 0) {
            check(broken, "TCP memory", seen.tcp(), tcp);
        }
        return broken;
    }

    private static void check(List<String> broken, String what, Range range, long bound) {
        if (!range.isSeen()) {
            broken.add(what + " was never seen");
        } else if (range.max() > bound) {
            broken.add("%s was %,d bytes, its bound is %,d".formatted(what, range.max(), bound));
        }
    }

    Map<String, Object> json() {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("rss_bytes", rss);
        json.put("backlog_bytes", backlog);
        json.put("tcp_bytes", tcp);
        return json;
    }
}
