package io.mooring.server;

import io.mooring.api.HttpExchange;
import io.mooring.api.HttpReply;
import io.mooring.api.Request;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/**
 * Serves a text that takes milliseconds to make: by a thread of its own, which is there only
 * meanwhile, and at most once a second, whatever is asked. Who asks sooner gets the last one.
 */
final class MemoryPage {
    private static final Logger LOG = System.getLogger("io.mooring");
    private static final long FRESH_NANOS = 1_000_000_000L;

    private final Supplier<String> source;
    private List<HttpExchange> waiting = new ArrayList<>();
    private HttpReply last;
    private long lastNanos;
    private boolean isBeingMade;

    /** @param source makes the JSON text */
    MemoryPage(Supplier<String> source) {
        this.source = source;
    }

    /** Any thread; never blocks for longer than it takes to add to a list. */
    void onRequest(Request request, HttpExchange exchange) {
        HttpReply fresh = freshOrWait(exchange);
        if (fresh != null) {
            exchange.reply(fresh);
        }
    }

    private synchronized HttpReply freshOrWait(HttpExchange exchange) {
        if (last != null && System.nanoTime() - lastNanos < FRESH_NANOS) {
            return last;
        }
        if (!isBeingMade) {
            // Its own: the first time classes are loaded, later some files of /proc are read.
            Thread thread = new Thread(null, this::make, "mooring-memory-page", 0, false);
            thread.setDaemon(true);
            thread.start(); // throws if there is no memory for it: 500, and the next one tries
            isBeingMade = true;
        }
        waiting.add(exchange);
        return null;
    }

    private void make() {
        HttpReply reply = null;
        try {
            reply = HttpReply.json(200, source.get()).withHeader("Cache-Control", "no-store");
        } catch (RuntimeException | Error e) {
            LOG.log(Level.ERROR, "what holds the memory could not be found out", e);
        }
        HttpReply answer = reply != null ? reply
            : HttpReply.text(500, "This failed; the server's log says why.\n");
        for (HttpExchange exchange : made(reply)) {
            exchange.reply(answer);
        }
    }

    private synchronized List<HttpExchange> made(HttpReply reply) {
        List<HttpExchange> asked = waiting;
        waiting = new ArrayList<>();
        isBeingMade = false;
        last = reply;
        lastNanos = System.nanoTime();
        return asked;
    }
}
