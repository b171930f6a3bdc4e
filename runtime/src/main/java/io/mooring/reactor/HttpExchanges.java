package io.mooring.reactor;

import io.mooring.api.HttpExchange;
import io.mooring.api.HttpReply;
import io.mooring.api.Request;
import io.mooring.conn.Connection;
import io.mooring.conn.Phase;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/**
 * Requests whose answer may come later. Between request and answer a connection is in phase
 * ANSWER_DUE, and its handler holds the one object that there is for it; it knows the connection by
 * its id alone, so an answer that comes too late finds nobody.
 */
final class HttpExchanges {
    /** Of one reactor at once: each is an object of ours and whatever its handler keeps for it. */
    static final int PENDING_MAX = 1024;

    private static final Logger LOG = System.getLogger("io.mooring");

    private final Reactor reactor;
    private int pending;

    HttpExchanges(Reactor reactor) {
        this.reactor = reactor;
    }

    /** One request. The answers to it from other threads come by the mailbox. */
    private static final class Exchange implements HttpExchange {
        private final Reactor reactor;
        private final long connection;
        private final boolean isHead;
        /** See {@link HttpAnswers#of}. */
        private final String origin;
        private final AtomicBoolean answered = new AtomicBoolean();

        Exchange(Reactor reactor, long connection, boolean isHead, String origin) {
            this.reactor = reactor;
            this.connection = connection;
            this.isHead = isHead;
            this.origin = origin;
        }

        @Override
        public void reply(HttpReply reply) {
            byte[] response = HttpAnswers.of(reply, isHead, origin);
            if (!answered.compareAndSet(false, true)) {
                throw new IllegalStateException("this request was answered before");
            }
            long to = connection;
            if (reactor.isCaller()) {
                reactor.exchanges.answer(to, response);
            } else {
                reactor.mailbox.postOwed(owner -> owner.exchanges.answer(to, response));
            }
        }

        /** The handler threw; perhaps not before it answered, or had another thread do it. */
        void failed() {
            if (answered.compareAndSet(false, true)) {
                reactor.exchanges.answer(connection, HttpAnswers.handlerFailed(isHead));
            }
        }
    }

    /** Requests that wait for their answer. */
    int pending() {
        return pending;
    }

    /** Hands a request to its handler. {@code origin}: see {@link HttpAnswers#of}. */
    void begin(Shard shard, int slot, long c, boolean isHead, Request request, String origin,
        Consumer<HttpExchange> handler) {
        if (pending == PENDING_MAX) {
            reactor.counters.increment(Counter.ANSWERS_REFUSED);
            reactor.counters.increment(Counter.HANDSHAKE_REJECTED);
            shard.closer.answer(slot, c, HttpAnswers.text(503,
                "Too many requests are waiting for their answers.", isHead,
                "Retry-After: 1"));
            return;
        }
        reactor.counters.increment(Counter.HTTP_REQUESTS);
        pending++;
        Connection.phase(c, Phase.ANSWER_DUE);
        if (isHead) {
            Connection.set(c, Connection.FLAG_HEAD);
        }
        shard.deadlines.watchAnswer(slot, c);
        Exchange exchange = new Exchange(reactor, shard.id(slot, c), isHead, origin);
        try {
            handler.accept(exchange);
        } catch (RuntimeException | Error e) {
            reactor.counters.increment(Counter.HANDLER_ERRORS);
            LOG.log(Level.ERROR,
                "the handler of " + request.method() + " " + request.path() + " failed", e);
            exchange.failed();
        }
    }

    private void answer(long connection, byte[] response) {
        Shard shard = reactor.shards[ConnectionId.shard(connection) - reactor.shards[0].index];
        int slot = ConnectionId.slot(connection);
        boolean waits = shard.table.isCurrent(slot, ConnectionId.generation(connection))
            && Connection.phase(shard.table.at(slot)) == Phase.ANSWER_DUE;
        if (waits) {
            answer(shard, slot, shard.table.at(slot), response);
        } else {
            reactor.counters.increment(Counter.ANSWERS_DROPPED);
        }
    }

    private void answer(Shard shard, int slot, long c, byte[] response) {
        forget();
        Connection.phase(c, Phase.FLUSHING);
        shard.closer.answer(slot, c, response);
    }

    void timedOut(Shard shard, int slot, long c) {
        reactor.counters.increment(Counter.ANSWERS_TIMED_OUT);
        answer(shard, slot, c, HttpAnswers.text(504, "The answer took too long.",
            Connection.is(c, Connection.FLAG_HEAD)));
    }

    /** A connection is not in phase ANSWER_DUE any more. */
    void forget() {
        pending--;
        assert pending >= 0 : pending;
    }
}
