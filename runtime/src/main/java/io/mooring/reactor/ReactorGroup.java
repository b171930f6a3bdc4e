package io.mooring.reactor;

import io.mooring.api.Routes;
import io.mooring.api.SendResult;
import io.mooring.frame.SharedFrame;
import io.mooring.frame.SharedFrameBudget;
import io.mooring.sys.KernelFeatures;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;

/**
 * All reactors of a server, and what crosses from one to another. Any thread; the methods that send
 * do it by the mailbox of the reactor concerned.
 */
public final class ReactorGroup {
    private final Reactor[] reactors;
    private final Listener listener;
    private final Admission admission;
    private final SharedFrameBudget frames;
    private final Consumer<Throwable> onFailure;
    private volatile boolean stopped;
    private final LongAdder mailboxFull = new LongAdder();

    /**
     * Starts {@code count} reactors, which accept from {@code listener} at once.
     *
     * @param onFailure told, on the reactor's thread, if one fails while it runs
     * @throws io.mooring.sys.SetupException if one cannot be set up; none runs then
     */
    public static ReactorGroup start(int count, ReactorConfig config, KernelFeatures features,
        Routes routes, Listener listener, Admission admission, long frameBytesMax,
        ThreadFactory threads, Consumer<Throwable> onFailure) {
        ReactorGroup group = new ReactorGroup(count, config, features, routes, listener, admission,
            frameBytesMax, onFailure);
        List<Reactor> started = new ArrayList<>();
        try {
            for (Reactor reactor : group.reactors) {
                reactor.start(threads);
                started.add(reactor);
            }
        } catch (RuntimeException | Error e) {
            listener.stop();
            started.forEach(reactor -> reactor.stop(0));
            started.forEach(Reactor::await);
            throw e;
        }
        return group;
    }

    private ReactorGroup(int count, ReactorConfig config, KernelFeatures features, Routes routes,
        Listener listener, Admission admission, long frameBytesMax,
        Consumer<Throwable> onFailure) {
        this.onFailure = onFailure;
        this.listener = listener;
        this.admission = admission;
        this.frames = new SharedFrameBudget(frameBytesMax);
        this.reactors = new Reactor[count];
        int shards = config.shards();
        for (int i = 0; i < count; i++) {
            reactors[i] =
                new Reactor(this, i * shards, config, features, routes, listener, admission);
        }
    }

    public List<Reactor> reactors() {
        return List.of(reactors);
    }

    public Admission admission() {
        return admission;
    }

    /** Bytes of frames that are published, or handed from thread to thread, and not yet sent. */
    public long frameBytes() {
        return frames.usedBytes();
    }

    /** Sends bytes that nobody changes any more. */
    public SendResult send(long connection, int opcode, byte[] bytes) {
        Reactor owner = owner(connection);
        if (owner == null) {
            return SendResult.CLOSED;
        }
        long charge = bytes.length + SharedFrame.overheadBytes(1);
        if (!frames.tryTake(charge)) {
            return SendResult.FULL;
        }
        boolean posted = owner.post(reactor -> {
            frames.give(charge);
            reactor.connections.send(connection, opcode, bytes, 0, bytes.length);
        });
        if (!posted) {
            frames.give(charge);
        }
        return posted ? SendResult.QUEUED : SendResult.FULL;
    }

    /** Starts the closing handshake, if the connection is there. False: the mailbox is full. */
    public boolean close(long connection, int code, String reason) {
        Reactor owner = owner(connection);
        return owner == null
            || owner.post(reactor -> reactor.connections.close(connection, code, reason));
    }

    /** Sends a message to a topic's subscribers on all reactors. */
    public SendResult publish(String topic, int opcode, MemorySegment memory, long offset,
        int length, long except) {
        if (stopped) {
            return SendResult.CLOSED;
        }
        SharedFrame frame =
            SharedFrame.encode(frames, opcode, memory, offset, length, reactors.length);
        if (frame == null) {
            return SendResult.FULL;
        }
        for (Reactor reactor : reactors) {
            reactor.publish(new Broadcast(topic, frame, except));
        }
        return SendResult.QUEUED;
    }

    /** Whether so many frames are in flight that publishers should not be read from. */
    boolean isPublishingTooFast() {
        return frames.usedBytes() > frames.bytesMax() / 2;
    }

    void onReactorFailed(Throwable cause) {
        onFailure.accept(cause);
    }

    void countMailboxFull() {
        mailboxFull.increment();
    }

    /** Commands refused because a reactor's mailbox was full. */
    public long mailboxFull() {
        return mailboxFull.sum();
    }

    /** The reactor of a connection; null if there is none, or none any more. */
    Reactor owner(long connection) {
        if (stopped) {
            return null;
        }
        int shard = ConnectionId.shard(connection);
        for (Reactor reactor : reactors) {
            if (reactor.owns(shard)) {
                return reactor;
            }
        }
        return null;
    }

    /** Whether the caller is one of the reactors, at work. */
    public boolean isReactorThread() {
        for (Reactor reactor : reactors) {
            if (reactor.isCaller()) {
                return true;
            }
        }
        return false;
    }

    /**
     * Stops: no more accepts, 1001 to every open connection, and at the deadline whatever is left
     * is cut.
     *
     * @return whether all ended by themselves
     */
    public boolean stop(int drainMs) {
        listener.stop();
        for (Reactor reactor : reactors) {
            reactor.stop(drainMs);
        }
        stopped = true;
        boolean clean = true;
        for (Reactor reactor : reactors) {
            clean &= reactor.await();
        }
        listener.close();
        return clean;
    }
}
