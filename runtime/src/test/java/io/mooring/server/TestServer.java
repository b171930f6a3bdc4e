package io.mooring.server;

import io.mooring.epoll.EngineChoice;
import io.mooring.sys.KernelFeatures;
import io.mooring.sys.SetupException;
import org.junit.jupiter.api.Assumptions;

/** Servers in this process, and what their counters say. */
final class TestServer {
    private TestServer() {
    }

    /** Skips the test, with the reason, where the kernel has no io_uring for us. */
    static void requireIoUring() {
        if (EngineChoice.byDefault() == EngineChoice.EPOLL) {
            return; // asked for, and always there
        }
        try {
            KernelFeatures.probe();
        } catch (SetupException e) {
            Assumptions.abort(e.getMessage());
        }
    }

    static WebSocketServer start(WebSocketServer.Builder builder) {
        requireIoUring();
        return builder.start();
    }

    /**
     * /echo, /topic/*, /healthz and /metrics, as the command line serves them, with two reactors.
     */
    static WebSocketServer.Builder builder() {
        // As many as tests make, with as few descriptors as a sandbox may have.
        return WebSocketServer.builder().reactors(2).maxConnections(10_000).withMetrics()
            .path("/echo", new EchoHandler())
            .path(TopicHandler.PREFIX + "*", new TopicHandler());
    }

    /** A counter or gauge by its name without "mooring_" and "_total", summed over the reactors. */
    static long metric(WebSocketServer server, String name) {
        return metric(server.metrics(), name);
    }

    static long metric(String text, String name) {
        long sum = 0;
        boolean found = false;
        for (String key : new String[] {"\nmooring_" + name + "_total", "\nmooring_" + name}) {
            for (int at = text.indexOf(key); at >= 0; at = text.indexOf(key, at + 1)) {
                char next = text.charAt(at + key.length());
                if (next == '{' || next == ' ') {
                    int value = text.indexOf(' ', at) + 1;
                    sum += Long.parseLong(text, value, text.indexOf('\n', value), 10);
                    found = true;
                }
            }
            if (found) {
                return sum;
            }
        }
        throw new AssertionError("no metric " + name + " in:\n" + text);
    }

    /**
     * Waits until nothing is left of any connection, and checks that nothing was lost on the way.
     */
    static void awaitQuiet(WebSocketServer server) {
        Await.until(() -> "all is given back:\n" + interesting(server), () -> {
            String text = server.metrics();
            return metric(text, "connections_open") == 0
                && metric(text, "connections_accepted") == metric(text, "connections_closed")
                && metric(text, "spill_used_bytes") == 0
                && metric(text, "published_frame_bytes") == 0
                && metric(text, "topics") == 0;
        });
        if (metric(server, "stale_completions") != 0) {
            throw new AssertionError("stale completions:\n" + interesting(server));
        }
    }

    /** The metrics that are not zero. */
    static String interesting(WebSocketServer server) {
        return String.join("\n", server.metrics().lines()
            .filter(line -> !line.startsWith("#") && !line.endsWith(" 0")).toList());
    }
}
