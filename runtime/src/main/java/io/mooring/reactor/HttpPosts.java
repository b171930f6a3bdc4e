package io.mooring.reactor;

import io.mooring.api.Payload;
import io.mooring.api.Request;
import io.mooring.api.Routes;
import io.mooring.conn.Assembly;
import io.mooring.conn.Connection;
import io.mooring.conn.SpillPool;
import io.mooring.sys.OffHeap;
import io.mooring.ws.Handshake;
import io.mooring.ws.OriginPolicy;

/**
 * Requests with a body. What the head shows to be wrong is refused before the body is read. A body
 * that is there with its head is handed on where it lies; any other is put together, behind a copy
 * of the head, in an {@link Assembly} that grows with what has come.
 */
final class HttpPosts {
    private static final byte[] CONTINUE = Texts.utf8("HTTP/1.1 100 Continue\r\n\r\n");

    private final Shard shard;
    private final SpillPool spill;
    private final Counters counters;
    private final Routes routes;
    private final OriginPolicy origins;
    private final Handshake handshake;

    HttpPosts(Shard shard, Handshake handshake) {
        this.shard = shard;
        this.spill = shard.spill;
        this.counters = shard.counters;
        this.routes = shard.reactor.routes;
        this.origins = shard.config.origins();
        this.handshake = handshake;
    }

    /** The head of a POST has been parsed; from {@code body} to {@code end} is what followed it. */
    void begin(int slot, long c, Routes.Post route, long body, long end) {
        if (isRefused(slot, c, route) || !shard.acceptor.isAdmitted(slot, c)) {
            return;
        }
        int length = Math.max(0, handshake.contentLength());
        int here = (int) Math.min(length, end - body);
        if (here == length) {
            deliver(slot, c, route, body, length);
            return;
        }
        int head = handshake.headLength();
        int assembly = Assembly.open(spill, head + here);
        shard.sender.cork().consumedTo(end); // nothing is left to be read there
        if (assembly == 0) {
            exhausted(slot, c);
            return;
        }
        // Copied before anything is sent, which may be put where they are.
        long a = spill.address(assembly);
        Connection.assembly(c, assembly);
        handshake.copyHead(OffHeap.ALL, a + Assembly.MESSAGE);
        OffHeap.copy(body, a + Assembly.MESSAGE + head, here);
        Assembly.length(a, head);
        Assembly.beginBody(a, length);
        Assembly.advanceFrame(a, here);
        if (here == 0 && handshake.expectsContinue()) {
            sendContinue(slot, c);
        }
    }

    private boolean isRefused(int slot, long c, Routes.Post route) {
        if (!isOriginAllowed()) {
            counters.increment(Counter.ORIGINS_REFUSED);
            refuse(slot, c, 403, "Pages of other origins may not POST here (--allow-origin).");
        } else if (handshake.hasTransferEncoding()) {
            refuse(slot, c, 411, "A body needs a Content-Length: it is not read in chunks here.");
        } else if (handshake.expectsOther()) {
            refuse(slot, c, 417, "Only 100-continue can be expected here.");
        } else if (handshake.contentLength() > bodyBytesMax(route)) {
            counters.increment(Counter.HTTP_BODIES_TOO_BIG);
            refuse(slot, c, 413, "The body may have " + bodyBytesMax(route) + " bytes at most.");
        } else {
            return false;
        }
        return true;
    }

    /** Whether the request that was parsed is not one that a foreign page made a browser send. */
    boolean isOriginAllowed() {
        return origins.allows(handshake.header("Origin"), handshake.header("Host"));
    }

    private int bodyBytesMax(Routes.Post route) {
        return route.bodyBytesMax() < 0 ? shard.config.messageBytesMax() : route.bodyBytesMax();
    }

    private void refuse(int slot, long c, int status, String why) {
        counters.increment(Counter.HANDSHAKE_REJECTED);
        shard.closer.answer(slot, c, HttpAnswers.text(status, why));
    }

    private void exhausted(int slot, long c) {
        counters.increment(Counter.SPILL_EXHAUSTED);
        counters.increment(Counter.HANDSHAKE_REJECTED);
        shard.closer.answer(slot, c, HttpAnswers.text(503,
            "There is no memory for the request's body now.", "Retry-After: 1"));
    }

    private void sendContinue(int slot, long c) {
        long at = shard.sender.reserve(slot, c, CONTINUE.length);
        if (at == 0) {
            shard.closer.spillExhausted(slot, c);
            return;
        }
        OffHeap.copy(CONTINUE, 0, at, CONTINUE.length);
        shard.sender.schedule(slot, c);
    }

    /** Whether the connection's body is coming. */
    boolean isComing(long c) {
        int assembly = Connection.assembly(c);
        return assembly != 0 && Assembly.isInFrame(spill.address(assembly));
    }

    /** More of the body; what follows it is not looked at, for the connection ends with it. */
    void read(int slot, long c, long address, int bytes) {
        long a = spill.address(Connection.assembly(c));
        int length = Assembly.length(a);
        int taken = Math.min(bytes, Assembly.remaining(a));
        int grown = Assembly.grow(spill, Connection.assembly(c), length + taken);
        if (grown == 0) {
            release(c);
            shard.sender.cork().consumedTo(address + bytes);
            exhausted(slot, c);
            return;
        }
        Connection.assembly(c, grown);
        a = spill.address(grown);
        OffHeap.copy(address, a + Assembly.MESSAGE + length, taken);
        Assembly.advanceFrame(a, taken);
        if (Assembly.remaining(a) == 0) {
            shard.sender.cork().consumedTo(address + bytes);
            complete(slot, c, a + Assembly.MESSAGE, length + taken);
        }
    }

    private void complete(int slot, long c, long request, int length) {
        int verdict = handshake.parse(OffHeap.ALL, request, length); // others' came in between
        assert verdict == Handshake.PLAIN : verdict;
        int head = handshake.headLength();
        deliver(slot, c, routes.post(handshake.path()), request + head, length - head);
        release(c);
    }

    /** What has come of a request is not needed any more. */
    void release(long c) {
        if (Connection.assembly(c) != 0) {
            spill.give(Connection.assembly(c));
            Connection.assembly(c, 0);
        }
    }

    private void deliver(int slot, long c, Routes.Post route, long address, int length) {
        // One for each: an answer that comes late is tempted to look at the body, and must not see
        // another one's.
        Payload body = new Payload().wrap(OffHeap.ALL, address, length, false);
        Request request =
            new Request("POST", handshake.path(), handshake.query(), handshake::header);
        shard.reactor.exchanges.begin(shard, slot, c, false, request, otherOrigin(),
            exchange -> route.handler().onRequest(shard.reactor.connections, request, body,
                exchange));
        body.wrap(OffHeap.ALL, 0, 0, false);
    }

    /** The request's origin, if it is another one and was allowed by the server's owner. */
    private String otherOrigin() {
        String origin = handshake.header("Origin");
        return origin != null && origins.allowsOther(origin) ? origin : null;
    }

    /**
     * Answers a browser that asks whether a page may send a POST which is more than a form could
     * (Fetch standard, "CORS-preflight fetch"). False: that was not it, or it may not.
     */
    boolean answersPreflight(int slot, long c) {
        if (!handshake.method().equals("OPTIONS") || otherOrigin() == null
                || handshake.header("Access-Control-Request-Method") == null) {
            return false;
        }
        counters.increment(Counter.HTTP_REQUESTS);
        shard.closer.answer(slot, c, HttpAnswers.preflight(otherOrigin()));
        return true;
    }
}
