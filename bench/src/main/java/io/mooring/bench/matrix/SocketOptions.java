package io.mooring.bench.matrix;

import io.mooring.bench.BenchException;
import io.mooring.bench.Core;
import io.mooring.bench.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a server has set on its sockets, by the kernel's own account (tcp_probe.c).
 *
 * @param backlog of its listener
 * @param receiveBytes its buffer for what comes, right after the handshake
 * @param sendBytes its buffer for what leaves
 * @param plainReceiveBytes what a socket has on which nobody has set anything
 */
record SocketOptions(boolean noDelay, int backlog, int receiveBytes, int sendBytes,
        String congestion, int plainReceiveBytes, int plainSendBytes, String plainCongestion) {

    /** More than any of our loads has under way at a time. */
    static final int BACKLOG_MIN = 128;

    static SocketOptions read(Path program, Core core, int port, String path) {
        List<String> command = new ArrayList<>(List.of(program.toString(), "-p", "" + port, "-u",
                path));
        if (path.startsWith("/topic")) {
            command.add("-t");
        }
        try {
            Process probe = core.start(new ProcessBuilder(command).redirectErrorStream(true));
            String said = new String(probe.getInputStream().readAllBytes(),
                    StandardCharsets.UTF_8).strip();
            if (probe.waitFor() != 0) {
                throw new BenchException("its sockets could not be looked at: " + said);
            }
            return parse(said);
        } catch (IOException e) {
            throw new BenchException("the probe of sockets does not run: " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BenchException("interrupted");
        }
    }

    static SocketOptions parse(String json) {
        Map<String, Object> map = Json.parseObject(json);
        Map<String, Object> plain = Json.object(map.get("plain"));
        return new SocketOptions(map.get("no_delay").equals(true), whole(map, "backlog"),
                whole(map, "receive_buffer"), whole(map, "send_buffer"),
                map.get("congestion").toString(), whole(plain, "receive_buffer"),
                whole(plain, "send_buffer"), plain.get("congestion").toString());
    }

    private static int whole(Map<String, Object> map, String key) {
        return Math.toIntExact((Long) map.get(key));
    }

    /** Throws where they are not everybody's. */
    void require() {
        List<String> faults = faults();
        if (!faults.isEmpty()) {
            throw new BenchException(String.join("; ", faults));
        }
    }

    List<String> faults() {
        List<String> faults = new ArrayList<>();
        if (!noDelay) {
            faults.add("TCP_NODELAY is not set (all others set it)");
        }
        if (backlog < BACKLOG_MIN) {
            faults.add("a backlog of %d, where %d connections may come at once"
                    .formatted(backlog, BACKLOG_MIN));
        }
        if (receiveBytes != plainReceiveBytes) {
            faults.add("SO_RCVBUF is set: %,d B, all others have the kernel's %,d B"
                    .formatted(receiveBytes, plainReceiveBytes));
        }
        if (sendBytes != plainSendBytes) {
            faults.add("SO_SNDBUF is set: %,d B, all others have the kernel's %,d B"
                    .formatted(sendBytes, plainSendBytes));
        }
        if (!congestion.equals(plainCongestion)) {
            faults.add("TCP_CONGESTION is %s, all others have %s"
                    .formatted(congestion, plainCongestion));
        }
        return faults;
    }

    Map<String, Object> json() {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("tcp_nodelay", noDelay);
        json.put("backlog", backlog);
        json.put("receive_buffer_bytes", receiveBytes);
        json.put("send_buffer_bytes", sendBytes);
        json.put("congestion", congestion);
        return json;
    }
}
