package io.mooring.kernel.plan;

import io.mooring.kernel.KernelException;
import io.mooring.probe.report.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * What {@code probe calibrate --json FILE} has found on the machine that is planned for: bytes of
 * the kernel for one accepted connection.
 *
 * @param socket  while nobody waits for it: half of what both ends take, the client's port left out
 * @param waiting silently, with the engine that is asked about
 * @param hot     more, by a multishot receive; 0: not calibrated
 * @param error   standard error of the sum
 */
record Calibrated(double socket, double waiting, double hot, double error, String file) {

    private static final String AGAIN = ": run './mooring probe calibrate --json FILE' there again";

    /** One situation: both ends' bytes, the client's port apart. */
    private record Situation(double bytes, double portBytes, double error) {
    }

    /** @throws KernelException if it cannot be read, is none, or was disturbed */
    static Calibrated read(Path file, boolean isEpoll) {
        Map<?, ?> all = parse(file);
        Situation bare = situation(all, file, "bare");
        Situation silent = situation(all, file, isEpoll ? "epoll" : "ring-poll");
        if (bare == null || silent == null) {
            throw new KernelException(file + " has no situations bare and "
                    + (isEpoll ? "epoll" : "ring-poll") + AGAIN);
        }
        Situation recv = isEpoll ? null : situation(all, file, "ring-recv");
        double socket = (bare.bytes - bare.portBytes) / 2;
        return new Calibrated(socket, silent.bytes - bare.bytes,
                recv == null ? 0 : recv.bytes - silent.bytes,
                Math.hypot(silent.error, bare.error / 2), file.toString());
    }

    private static Map<?, ?> parse(Path file) {
        try {
            if (Json.parse(Files.readString(file)) instanceof Map<?, ?> map
                    && "mooring-probe-calibration/1".equals(map.get("schema"))) {
                return map;
            }
            throw new KernelException(file + " is no calibration" + AGAIN);
        } catch (IOException e) {
            throw new KernelException("cannot read " + e.getMessage() + AGAIN);
        } catch (IllegalArgumentException e) {
            throw new KernelException(file + " is no calibration (" + e.getMessage() + ")" + AGAIN);
        }
    }

    private static Situation situation(Map<?, ?> all, Path file, String name) {
        for (Object one : (List<?>) all.get("situations")) {
            Map<?, ?> row = (Map<?, ?>) one;
            if (name.equals(row.get("situation"))) {
                if (Boolean.TRUE.equals(row.get("disturbed"))) {
                    throw new KernelException(file + " was disturbed by other processes (" + name
                            + ")" + AGAIN + " when it is quiet");
                }
                return new Situation(number(row.get("bytes")), ports((Map<?, ?>) row.get("caches")),
                        number(row.get("error")));
            }
        }
        return null;
    }

    /** A merged cache has all its names. */
    private static double ports(Map<?, ?> caches) {
        return caches.entrySet().stream()
                .filter(entry -> entry.getKey().toString().contains("tcp_bind"))
                .mapToDouble(entry -> number(entry.getValue())).sum();
    }

    private static double number(Object value) {
        return ((Number) value).doubleValue();
    }
}
