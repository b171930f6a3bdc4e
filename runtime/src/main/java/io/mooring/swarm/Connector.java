package io.mooring.swarm;

import io.mooring.ring.Sqe;
import io.mooring.ring.SubmissionQueue;
import io.mooring.ring.UserData;
import io.mooring.sys.Abi;
import io.mooring.sys.Errno;
import io.mooring.sys.OffHeap;
import io.mooring.sys.SocketAddress;
import io.mooring.ws.ClientHandshake;
import java.util.Arrays;
import org.agrona.collections.Long2ObjectHashMap;

/**
 * Opens connections, a bounded number at a time. Each is a socket, then one chain: option, bind,
 * connect, request, and the receive of the response, which posts the only completion. A link that
 * fails posts its own instead, and the rest of the chain keeps silent.
 */
final class Connector {
    private static final int HEAD_MAX = 8 << 10;
    private static final long NANOS_PER_SECOND = 1_000_000_000L;
    private static final long NANOS_PER_MS = 1_000_000;
    private static final int SOCKADDR = 32;
    /** The links that may wait. */
    private static final int[] WAITING = {Op.CONNECT, Op.REQUEST, Op.RESPONSE};

    private final Worker worker;
    private final SwarmConfig config;
    private final Counts counts;
    private final Window window;
    private final ClientHandshake handshake = new ClientHandshake(HEAD_MAX);
    private final boolean canBind;
    private final boolean noDelay;

    // Off-heap: addresses, an int that is 1, scratch for a head in pieces, requests by place.
    private final long memory;
    private final long memoryBytes;
    private final long targetAddress;
    private final int targetBytes;
    private final long sourceAddress;
    private final long one;
    private final long scratch;
    private final long requests;
    private final int requestBytes;
    /** Response heads of which only a part is here. */
    private final Long2ObjectHashMap<byte[]> cutHeads = new Long2ObjectHashMap<>();

    private int toStart;
    private boolean publisherDue;
    private boolean cancelling;
    private int sourceBytes;
    private int leftOfSource;
    private long rampFrom;
    private long rampStarted;
    private long sweptAt;

    Connector(Worker worker, SocketOps socketOps) {
        this.worker = worker;
        this.config = worker.config;
        this.counts = worker.counts;
        this.window = new Window(config.windowMax());
        this.canBind = socketOps.bind() && !config.sources().isEmpty();
        this.noDelay = socketOps.options() && config.scenario() != Scenario.IDLE;
        Target target = config.target();
        this.requestBytes = ClientHandshake.requestLength(target.host(), target.path());
        long requestsBytes = (long) requestBytes * window.places();
        this.memoryBytes = 4 * SOCKADDR + HEAD_MAX + worker.bufferBytes + requestsBytes;
        this.memory = OffHeap.map(memoryBytes);
        this.targetAddress = memory;
        this.sourceAddress = memory + SOCKADDR;
        this.one = memory + 2 * SOCKADDR;
        this.scratch = memory + 4 * SOCKADDR;
        this.requests = scratch + HEAD_MAX + worker.bufferBytes;
        this.targetBytes = SocketAddress.write(targetAddress, target.address(), target.port());
        OffHeap.putInt(one, 1);
        for (int place = 0; place < window.places(); place++) {
            ClientHandshake.request(OffHeap.ALL, request(place), target.host(), target.path(),
                seed(place));
        }
    }

    private long request(int place) {
        return requests + (long) place * requestBytes;
    }

    /** Connections that are under way at once have different keys. */
    private long seed(int place) {
        return (long) worker.index << 32 | place;
    }

    // ---- starting

    void begin(int connections, long now) {
        toStart += connections;
        cancelling = false;
        rampFrom = now;
        rampStarted = 0;
    }

    void beginPublisher() {
        cancelling = false;
        publisherDue = true;
    }

    /** Begins no more; how many that would have been. */
    int abandon() {
        int left = toStart;
        toStart = 0;
        return left;
    }

    /** Ends what is under way, until {@link #begin}. */
    void cancel() {
        cancelling = true;
        sweptAt = System.nanoTime() - Worker.SWEEP_NANOS;
    }

    int left() {
        return toStart + window.inUse();
    }

    void turn(long now) {
        while (window.hasRoom() && (publisherDue || toStart > 0 && now >= nextStart())) {
            Shard shard = worker.shardWithSlot();
            if (!shard.hasRoom()) {
                break;
            }
            int slot = shard.table.take();
            long c = shard.table.at(slot);
            if (publisherDue) {
                publisherDue = false;
                Slot.set(c, Slot.PUBLISHER | Slot.UNJUDGED);
            } else {
                toStart--;
                rampStarted++;
            }
            start(shard, slot, c, now);
        }
        sweep(now);
    }

    /** When the ramp allows the next one, nanoTime. */
    private long nextStart() {
        if (config.rampPerSecond() == 0) {
            return Long.MIN_VALUE;
        }
        double perSecond = (double) config.rampPerSecond() / config.threads();
        return rampFrom + (long) (rampStarted / perSecond * NANOS_PER_SECOND);
    }

    /** Until something is to be done here; -1: nothing. */
    long nanosToNext(long now) {
        long next = window.inUse() > 0 ? Worker.SWEEP_NANOS : -1;
        if (toStart > 0 && window.hasRoom()) {
            long ramp = Math.max(0, nextStart() == Long.MIN_VALUE ? 0 : nextStart() - now);
            next = next < 0 ? ramp : Math.min(next, ramp);
        }
        return publisherDue ? 0 : next;
    }

    private void start(Shard shard, int slot, long c, long now) {
        Slot.state(c, Slot.CONNECTING);
        int place = window.enter(shard, slot, now);
        Slot.place(c, place);
        Slot.addOp(c, Slot.OP_CHAIN);
        Sqe.prepSocket(shard.sq.next(), slot, config.target().family(), Abi.SOCK_STREAM,
            UserData.pack(Op.SOCKET, Slot.generation(c), slot));
    }

    /** The socket is there, or not. */
    void onSocket(Shard shard, int slot, long c, int result) {
        if (result < 0) {
            onChainError(shard, slot, c, Op.SOCKET, result);
        } else {
            chain(shard.sq, slot, Slot.generation(c), Slot.place(c));
        }
    }

    private void chain(SubmissionQueue sq, int slot, int generation, int place) {
        long sqe;
        if (noDelay) {
            sqe = sq.next();
            Sqe.prepSetOption(sqe, slot, Abi.IPPROTO_TCP, Abi.TCP_NODELAY, one, Integer.BYTES,
                UserData.pack(Op.NO_DELAY, generation, slot));
            Sqe.silently(sqe);
        }
        if (canBind) {
            nextSource();
            // Without the option bind would take a port before the destination is known, and each
            // port could be used once only.
            sqe = sq.next();
            Sqe.prepSetOption(sqe, slot, Abi.IPPROTO_IP, Abi.IP_BIND_ADDRESS_NO_PORT, one,
                Integer.BYTES, UserData.pack(Op.OPTION, generation, slot));
            Sqe.linkSilently(sqe);
            sqe = sq.next();
            Sqe.prepBind(sqe, slot, sourceAddress, sourceBytes,
                UserData.pack(Op.BIND, generation, slot));
            Sqe.linkSilently(sqe);
        }
        sqe = sq.next();
        Sqe.prepConnect(sqe, slot, targetAddress, targetBytes,
            UserData.pack(Op.CONNECT, generation, slot));
        Sqe.linkSilently(sqe);
        sqe = sq.next();
        Sqe.prepSendAll(sqe, slot, request(place), requestBytes,
            UserData.pack(Op.REQUEST, generation, slot));
        Sqe.linkSilently(sqe);
        Sqe.prepRecv(sq.next(), slot, Shard.BUFFER_GROUP, 0,
            UserData.pack(Op.RESPONSE, generation, slot));
    }

    private void nextSource() {
        if (leftOfSource == 0) {
            int block = worker.swarm.nextSourceBlock();
            sourceBytes = SocketAddress.write(sourceAddress, config.sources().at(block), 0);
            leftOfSource = Sources.BLOCK;
        }
        leftOfSource--;
    }

    // ---- the outcome

    /** A link has failed; nothing of the chain is left. */
    void onChainError(Shard shard, int slot, long c, int op, int result) {
        Slot.removeOp(c, Slot.OP_CHAIN);
        fail(shard, slot, c, Slot.is(c, Slot.TIMED_OUT) ? timedOut(op)
            : Op.name(op) + " " + Errno.name(result));
    }

    void onResponseError(Shard shard, int slot, long c, int result) {
        if (Slot.state(c) == Slot.DEAD) {
            shard.join(slot, c);
            return;
        }
        fail(shard, slot, c, Slot.is(c, Slot.TIMED_OUT) ? timedOut(Op.RESPONSE)
            : result == 0 ? "closed in the handshake" : "handshake " + Errno.name(result));
    }

    private String timedOut(int op) {
        return cancelling ? "abandoned"
            : op == Op.CONNECT ? "connect timeout" : "handshake timeout";
    }

    void onResponse(Shard shard, int slot, long c, long address, int bytes) {
        if (Slot.state(c) == Slot.DEAD) {
            shard.join(slot, c);
            return;
        }
        byte[] before = cutHeads.isEmpty() ? null : cutHeads.remove(c);
        long from = address;
        int available = bytes;
        if (before != null) {
            OffHeap.copy(before, 0, scratch, before.length);
            OffHeap.copy(address, scratch + before.length, bytes);
            from = scratch;
            available = before.length + bytes;
        }
        int status = handshake.parse(OffHeap.ALL, from, available, seed(Slot.place(c)));
        switch (status) {
            case ClientHandshake.UPGRADE ->
                open(shard, slot, c, from + handshake.headLength(), from + available);
            case ClientHandshake.NEED_MORE -> {
                byte[] cut = new byte[available];
                OffHeap.copy(from, cut, 0, available);
                cutHeads.put(c, cut);
                awaitResponse(shard, slot, c);
            }
            case ClientHandshake.INVALID ->
                fail(shard, slot, c, "bad response: " + handshake.problem());
            default -> fail(shard, slot, c, Integer.toString(status));
        }
    }

    /** Receives more of the response, outside a chain. */
    void awaitResponse(Shard shard, int slot, long c) {
        Slot.addOp(c, Slot.OP_CHAIN);
        Sqe.prepRecv(shard.sq.next(), slot, Shard.BUFFER_GROUP, 0,
            shard.userData(Op.RESPONSE, slot, c));
    }

    private void open(Shard shard, int slot, long c, long from, long end) {
        window.leave(Slot.place(c));
        Slot.sent(c, 0);
        if (!Slot.is(c, Slot.PUBLISHER) && worker.swarm.isNextDeaf()) {
            Slot.state(c, Slot.DEAF);
            counts.increment(Count.DEAF);
            counts.increment(Count.OPENED);
            return;
        }
        Slot.state(c, Slot.OPEN);
        if (Slot.is(c, Slot.PUBLISHER)) {
            worker.publisher.onOpen(shard, slot, c);
        } else {
            counts.increment(Count.OPEN);
            counts.increment(Count.OPENED);
            if (config.scenario() == Scenario.BROADCAST) {
                Slot.expected(c, worker.swarm.broadcasts.count());
            }
        }
        if (from < end) {
            shard.read(slot, c, from, end);
        }
        shard.arm(slot, c, false);
    }

    private void fail(Shard shard, int slot, long c, String kind) {
        window.leave(Slot.place(c));
        if (Slot.is(c, Slot.PUBLISHER)) {
            worker.publisher.onFailed(kind);
        } else {
            counts.increment(Count.FAILED, kind);
        }
        if (!cutHeads.isEmpty()) {
            cutHeads.remove(c);
        }
        shard.kill(slot, c, kind);
    }

    /** Ends what takes too long; the completion of what is cancelled tells the rest. */
    private void sweep(long now) {
        if (window.inUse() == 0 || now - sweptAt < Worker.SWEEP_NANOS) {
            return;
        }
        sweptAt = now;
        long timeout = config.handshakeTimeoutMs() * NANOS_PER_MS;
        for (int place = 0; place < window.places(); place++) {
            Shard shard = window.shard(place);
            if (shard == null || !cancelling && now - window.since(place) < timeout
                    || !shard.hasRoom()) {
                continue;
            }
            int slot = window.slot(place);
            long c = shard.table.at(slot);
            Slot.set(c, Slot.TIMED_OUT);
            // Whichever of them waits; in between a link is about to run, and the next sweep
            // finds it.
            for (int op : WAITING) {
                Sqe.prepCancel(shard.sq.next(), shard.userData(op, slot, c),
                    shard.userData(Op.CANCEL, slot, c));
            }
        }
    }

    void invariants() {
        int places = 0;
        for (int place = 0; place < window.places(); place++) {
            Shard shard = window.shard(place);
            if (shard != null) {
                places++;
                long c = shard.table.at(window.slot(place));
                if (Slot.state(c) != Slot.CONNECTING || Slot.place(c) != place) {
                    throw new IllegalStateException("place " + place + " is of a slot in state "
                        + Slot.state(c));
                }
            }
        }
        if (places != window.inUse() || !cutHeads.isEmpty() && places == 0) {
            throw new IllegalStateException(Arrays.toString(new int[] {places, window.inUse()}));
        }
    }

    void close() {
        OffHeap.unmap(memory, memoryBytes);
    }
}
