package io.mooring.reactor;

import io.mooring.api.Delivery;
import io.mooring.api.Routes;
import io.mooring.api.SendResult;
import io.mooring.frame.SharedFrame;
import io.mooring.frame.SharedFramePool;
import io.mooring.ring.Engine;
import io.mooring.ring.FixedBuffers;
import io.mooring.ring.Ring;
import io.mooring.sys.MemoryUse;
import io.mooring.topic.TopicNames;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
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
    private final SharedFramePool frames;
    /** Null: all frames are copied. */
    private final FixedBuffers fixed;
    final int zeroCopyFrom;
    /**
     * Memory of frames that may be lent to the kernel, a quarter of all: peers who do not read can
     * keep no more of it, and publishers are not held before half is used.
     */
    final ByteBudget lendable;
    private final ByteBudget handed;
    final TopicNames names;
    final Pace pace;
    private final Publisher publisher;
    private final Consumer<Throwable> onFailure;
    private volatile boolean stopped;
    private final LongAdder mailboxFull = new LongAdder();

    /**
     * Of {@code count} reactors that will accept from {@code listener}; none runs yet, so that what
     * {@code routes} lead to can be told of the group before anyone asks it.
     *
     * @param onFailure told, on the reactor's thread, if one fails while it runs
     */
    public ReactorGroup(int count, ReactorConfig config, Engine engine, Routes routes,
        Listener listener, Admission admission, PublishConfig publishing,
        Consumer<Throwable> onFailure) {
        this.onFailure = onFailure;
        this.listener = listener;
        this.admission = admission;
        this.pace = publishing.pace();
        this.frames = new SharedFramePool(publishing.frameBytesMax());
        this.zeroCopyFrom = publishing.zeroCopyFrom();
        this.fixed = zeroCopyFrom == 0 ? null : pin(engine, frames);
        this.lendable = new ByteBudget(frames.bytesMax() / 4);
        // What is handed over lies on the heap.
        this.handed = new ByteBudget(
            Math.min(publishing.frameBytesMax(), Runtime.getRuntime().maxMemory() / 2));
        this.names = new TopicNames(config.topicsMax(count), config.topicNameBytesMax(count),
            admission::isStopped);
        this.reactors = new Reactor[count];
        int shards = config.shards();
        for (int i = 0; i < count; i++) {
            reactors[i] =
                new Reactor(this, i * shards, config, engine, routes, listener, admission);
        }
        this.publisher = new Publisher(reactors, names, frames, lendable, publishing.slow());
    }

    /**
     * Starts the reactors, which accept at once. Once only.
     *
     * @throws io.mooring.sys.SetupException if one cannot be set up; none runs then
     */
    public void start(ThreadFactory threads) {
        List<Reactor> started = new ArrayList<>();
        try {
            for (Reactor reactor : reactors) {
                reactor.start(threads);
                started.add(reactor);
            }
        } catch (RuntimeException | Error e) {
            listener.stop();
            started.forEach(reactor -> reactor.stop(0));
            started.forEach(Reactor::await);
            closeMemory();
            throw e;
        }
    }

    private static FixedBuffers pin(Engine engine, SharedFramePool frames) {
        frames.pin();
        try {
            return engine.pin(frames.address(), frames.bytesMax());
        } catch (RuntimeException | Error e) {
            frames.close();
            throw e;
        }
    }

    /** Lets a ring send frames from where they lie, if that is wanted; on its own thread. */
    void attachFrames(Ring ring) {
        if (fixed != null) {
            fixed.attach(ring);
        }
    }

    /** After the last reactor's end. */
    private void closeMemory() {
        for (Reactor reactor : reactors) {
            for (Shard shard : reactor.shards) {
                if (shard != null) {
                    shard.sender.zeroCopy.abandon();
                }
            }
        }
        if (fixed != null) {
            fixed.close();
        }
        frames.close();
        names.close();
    }

    public List<Reactor> reactors() {
        return List.of(reactors);
    }

    /** Wakes a reactor that sleeps, so that its turns go on: by {@link Counter#TURNS} it lives. */
    public void wake(int reactor) {
        reactors[reactor].mailbox.wake();
    }

    public Admission admission() {
        return admission;
    }

    /** Bytes of frames that are published, or handed from thread to thread, and not yet sent. */
    public long frameBytes() {
        return frames.usedBytes() + handed.usedBytes();
    }

    /** The memory of published frames. */
    public SharedFramePool frames() {
        return frames;
    }

    /** Topics that somebody has joined, or that a message is on its way to. */
    public int topics() {
        return names.count();
    }

    /** Bytes of pages that hold their names. */
    public long topicNameBytes() {
        return names.memoryBytes();
    }

    /** Memory of topics' names. */
    public MemoryUse topicNameMemory() {
        return names.memory();
    }

    /**
     * Has each reactor look who holds what, on its own thread, between two turns. Not for a
     * reactor's thread: it waits.
     *
     * @return by reactor; null for one that did not get to it in time
     */
    public List<Holdings> measure(long timeoutNanos) {
        List<CompletableFuture<Holdings>> asked = new ArrayList<>();
        for (Reactor reactor : reactors) {
            CompletableFuture<Holdings> answer = new CompletableFuture<>();
            if (!reactor.mailbox.post(owner -> answer.complete(Holdings.of(owner)))) {
                answer.complete(null);
            }
            asked.add(answer);
        }
        long deadline = System.nanoTime() + timeoutNanos;
        List<Holdings> found = new ArrayList<>();
        for (CompletableFuture<Holdings> answer : asked) {
            found.add(await(answer, deadline));
        }
        return found;
    }

    private static Holdings await(CompletableFuture<Holdings> answer, long deadlineNanos) {
        try {
            return answer.get(Math.max(0, deadlineNanos - System.nanoTime()),
                TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return null;
        } catch (TimeoutException | ExecutionException e) {
            return null;
        }
    }

    /** Sends bytes that nobody changes any more. */
    public SendResult send(long connection, int opcode, byte[] bytes) {
        Reactor owner = owner(connection);
        if (owner == null) {
            return SendResult.CLOSED;
        }
        long charge = bytes.length + SharedFrame.overheadBytes(1);
        if (!handed.tryTake(charge)) {
            return SendResult.FULL;
        }
        boolean posted = owner.post(reactor -> {
            handed.give(charge);
            reactor.connections.send(connection, opcode, bytes, 0, bytes.length);
        });
        if (!posted) {
            handed.give(charge);
        }
        return posted ? SendResult.QUEUED : SendResult.FULL;
    }

    /** Starts the closing handshake, if the connection is there. False: the mailbox is full. */
    public boolean close(long connection, int code, String reason) {
        Reactor owner = owner(connection);
        return owner == null
            || owner.post(reactor -> reactor.connections.close(connection, code, reason));
    }

    /**
     * Sends a message to a topic's subscribers on all reactors.
     *
     * @param onDelivered told what became of it, on a reactor's thread, or by the caller's if there
     *     are no subscribers; or null
     * @return FULL: frames in flight leave no room, nothing was sent and nobody will be told
     */
    public SendResult publish(String topic, int opcode, MemorySegment memory, long offset,
        int length, long except, Consumer<Delivery> onDelivered) {
        return stopped ? SendResult.CLOSED
            : publisher.publish(topic, opcode, memory, offset, length, except, onDelivered);
    }

    /** The same for a topic that the caller has joined, and so holds, until this has returned. */
    SendResult publish(int topic, int opcode, MemorySegment memory, long offset, int length,
        long except) {
        return stopped ? SendResult.CLOSED
            : publisher.publish(topic, opcode, memory, offset, length, except);
    }

    /** Messages published so far. */
    public long published() {
        return publisher.published();
    }

    /** Messages not published: frames on their way left no room. */
    public long publishRefused() {
        return publisher.refused();
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
        closeMemory();
        return clean;
    }
}
