package io.mooring.reactor;

import io.mooring.api.HttpHandler;
import io.mooring.api.HttpLaterHandler;
import io.mooring.api.HttpReply;
import io.mooring.api.Request;
import io.mooring.api.Routes;
import io.mooring.conn.Assembly;
import io.mooring.conn.Connection;
import io.mooring.conn.Phase;
import io.mooring.conn.SpillPool;
import io.mooring.sys.OffHeap;
import io.mooring.ws.Handshake;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;

/**
 * Request heads: upgraded to WebSocket, answered, refused, or followed by a body ({@link
 * HttpPosts}). One request per connection.
 */
final class Upgrader {
    private static final Logger LOG = System.getLogger("io.mooring");

    private final Shard shard;
    private final FrameReader frames;
    private final SpillPool spill;
    private final Counters counters;
    private final Routes routes;
    private final Handshake handshake;
    private final HttpPosts posts;
    private final int headBytesMax;

    Upgrader(Shard shard, FrameReader frames) {
        this.shard = shard;
        this.frames = frames;
        this.spill = shard.spill;
        this.counters = shard.counters;
        this.routes = shard.reactor.routes;
        this.headBytesMax = shard.config.headBytesMax();
        this.handshake = new Handshake(headBytesMax);
        this.posts = new HttpPosts(shard, handshake);
    }

    /** Bytes of a head, or all of it, or it and the first frames; or of a body. */
    void read(int slot, long c, long address, int bytes) {
        int assembly = Connection.assembly(c);
        if (assembly == 0) {
            int verdict = handshake.parse(OffHeap.ALL, address, bytes);
            if (verdict == Handshake.NEED_MORE) {
                keep(slot, c, address, bytes);
            } else {
                decide(slot, c, verdict, address, address + handshake.headLength(),
                    address + bytes);
            }
            return;
        }
        if (posts.isComing(c)) {
            posts.read(slot, c, address, bytes);
            return;
        }
        if (!append(slot, c, assembly, address, bytes)) {
            return;
        }
        if (!hasLineEnd(address, bytes) && Assembly.length(at(c)) < headBytesMax) {
            return; // nothing new to judge: a peer that dribbles does not make us parse each time
        }
        int before = Assembly.length(at(c)) - bytes;
        int verdict = handshake.parse(OffHeap.ALL, at(c) + Assembly.MESSAGE, before + bytes);
        if (verdict != Handshake.NEED_MORE) {
            spill.give(Connection.assembly(c));
            Connection.assembly(c, 0);
            decide(slot, c, verdict, address, address + handshake.headLength() - before,
                address + bytes);
        }
    }

    private long at(long c) {
        return spill.address(Connection.assembly(c));
    }

    private void keep(int slot, long c, long address, int bytes) {
        int assembly = Assembly.open(spill, bytes);
        if (assembly == 0) {
            shard.closer.spillExhausted(slot, c);
            return;
        }
        Connection.assembly(c, assembly);
        append(slot, c, assembly, address, bytes);
    }

    /** The head's bytes so far, in one piece. A head past its limit is judged, not kept growing. */
    private boolean append(int slot, long c, int assembly, long address, int bytes) {
        int length = Assembly.length(spill.address(assembly));
        int grown = Assembly.grow(spill, assembly, length + bytes);
        if (grown == 0) {
            shard.closer.spillExhausted(slot, c);
            return false;
        }
        Connection.assembly(c, grown);
        long a = spill.address(grown);
        OffHeap.copy(address, a + Assembly.MESSAGE + length, bytes);
        Assembly.length(a, length + bytes);
        return true;
    }

    private static boolean hasLineEnd(long address, int bytes) {
        for (int i = 0; i < bytes; i++) {
            if (OffHeap.getByte(address + i) == '\n') {
                return true;
            }
        }
        return false;
    }

    /**
     * @param address start of the receive buffer; the head ends at {@code headEnd}, the bytes at
     *     {@code end}
     */
    private void decide(int slot, long c, int verdict, long address, long headEnd, long end) {
        switch (verdict) {
            case Handshake.UPGRADE -> {
                String path = handshake.path();
                int handler = routes.find(path);
                if (handler < 0) {
                    reject(slot, c, 404, "no such WebSocket path: " + path, true);
                } else if (shard.config.origins().allowsOthers() && !posts.isOriginAllowed()) {
                    counters.increment(Counter.ORIGINS_REFUSED);
                    reject(slot, c, 403, "Pages of other origins may not connect here"
                        + " (--allow-origin).", true);
                } else if (shard.acceptor.isAdmitted(slot, c)) {
                    shard.sender.cork().consumedTo(headEnd);
                    upgrade(slot, c, handler, path);
                    if (headEnd < end) {
                        frames.read(slot, c, headEnd, end); // pipelined with the request
                    }
                }
            }
            case Handshake.PLAIN -> plain(slot, c, headEnd, end);
            default -> reject(slot, c, verdict, handshake.problem(), false);
        }
    }

    private void upgrade(int slot, long c, int handler, String path) {
        long at = shard.sender.reserve(slot, c, Handshake.RESPONSE_LENGTH);
        if (at == 0) {
            shard.closer.spillExhausted(slot, c);
            return;
        }
        handshake.response(OffHeap.ALL, at);
        shard.sender.schedule(slot, c);
        counters.increment(Counter.UPGRADED);
        Connection.phase(c, Phase.OPEN);
        Connection.handler(c, handler);
        Connection.set(c, Connection.FLAG_OPENED);
        Connection.activeTick(c, shard.reactor.nowTick());
        if (shard.config.arming() == Arming.HOT) {
            Connection.set(c, Connection.FLAG_HOT);
        }
        shard.deadlines.watchIdle(slot, c);
        try {
            routes.handler(handler).onOpen(shard.reactor.connections, shard.id(slot, c),
                new Request("GET", path, handshake.query(), handshake::header));
        } catch (RuntimeException | Error e) {
            shard.closer.handlerFailed(slot, c, e);
        }
    }

    private void plain(int slot, long c, long body, long end) {
        String path = handshake.path();
        String method = handshake.method();
        boolean isRead = method.equals("GET") || isHead();
        Routes.Read read = routes.http(path);
        Routes.Post post = routes.post(path);
        if (isRead && read != null && read.now() != null) {
            answer(slot, c, path, read.now());
        } else if (isRead && read != null) {
            answerLater(slot, c, path, read.later());
        } else if (method.equals("POST") && post != null) {
            posts.begin(slot, c, post, body, end);
        } else if (post == null || !posts.answersPreflight(slot, c)) {
            refuse(slot, c, path, isRead);
        }
    }

    /** There is no such path, or it does not know the method. */
    private void refuse(int slot, long c, String path, boolean isRead) {
        boolean hasGet = routes.http(path) != null;
        boolean hasPost = routes.post(path) != null;
        boolean isWebSocket = routes.find(path) >= 0;
        if (isWebSocket && !hasGet && (isRead || !hasPost)) {
            reject(slot, c, 426, path + " speaks WebSocket: send Upgrade: websocket", true);
        } else if (!hasGet && !hasPost) {
            reject(slot, c, 404, "no such path: " + path, true);
        } else {
            String get = hasGet ? "GET, HEAD" : isWebSocket ? "GET" : "";
            String methods = !hasPost ? get : get.isEmpty() ? "POST" : get + ", POST";
            reject(slot, c, 405, path + " takes " + methods, true, "Allow: " + methods);
        }
    }

    private void answer(int slot, long c, String path, HttpHandler handler) {
        counters.increment(Counter.HTTP_REQUESTS);
        byte[] response;
        try {
            HttpReply reply = handler.onRequest(
                new Request("GET", path, handshake.query(), handshake::header));
            response = HttpAnswers.of(reply, isHead());
        } catch (RuntimeException | Error e) { // it threw, or its reply is none
            counters.increment(Counter.HANDLER_ERRORS);
            LOG.log(Level.ERROR, "the handler of " + path + " failed", e);
            response = HttpAnswers.handlerFailed(isHead());
        }
        shard.closer.answer(slot, c, response);
    }

    private void answerLater(int slot, long c, String path, HttpLaterHandler handler) {
        Request request = new Request("GET", path, handshake.query(), handshake::header);
        shard.reactor.exchanges.begin(shard, slot, c, isHead(), request, null,
            exchange -> handler.onRequest(request, exchange));
    }

    private boolean isHead() {
        return handshake.method().equals("HEAD");
    }

    /** The request did not come in time: said to a peer that has begun, else it is cut. */
    void timedOut(int slot, long c) {
        if (Connection.assembly(c) == 0) {
            shard.closer.terminate(slot, c);
        } else {
            posts.release(c);
            shard.closer.answer(slot, c, HttpAnswers.text(408, "The request took too long."));
        }
    }

    private void reject(int slot, long c, int status, String problem, boolean isParsed,
        String... headerLines) {
        counters.increment(Counter.HANDSHAKE_REJECTED);
        shard.closer.answer(slot, c,
            HttpAnswers.text(status, problem, isParsed && isHead(), headerLines));
    }
}
