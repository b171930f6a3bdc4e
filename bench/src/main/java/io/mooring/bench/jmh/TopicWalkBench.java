package io.mooring.bench.jmh;

import io.mooring.conn.Connection;
import io.mooring.sys.OffHeap;
import io.mooring.topic.TopicNames;
import io.mooring.topic.Topics;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.roaringbitmap.IntIterator;
import org.roaringbitmap.RoaringBitmap;

/** Going through a topic's 4,096 subscribers, {@code apart} slots from one to the next. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@OperationsPerInvocation(TopicWalkBench.SUBSCRIBERS)
public class TopicWalkBench {

    static final int SUBSCRIBERS = 4096;
    private static final String NAME = "news";
    private static final long BYTES_MAX = 64 << 20;

    @Param({"1", "16", "1000"})
    int apart;

    private TopicNames names;
    private Topics topics;
    private int topic;
    private RoaringBitmap bitmap;

    @Setup(Level.Trial)
    public void make() {
        names = new TopicNames(1024, BYTES_MAX, () -> false);
        topics = new Topics(names, 1, SUBSCRIBERS * apart, 1, BYTES_MAX, () -> false);
        bitmap = new RoaringBitmap();
        long connection = OffHeap.allocate(Connection.BYTES);
        for (int i = 0; i < SUBSCRIBERS; i++) {
            // One record does for all: what it has joined is all that is asked of it.
            Connection.subscriptions(connection, 0);
            topics.join(0, i * apart, connection, NAME);
            bitmap.add(i * apart);
        }
        OffHeap.free(connection);
        topic = topics.find(NAME);
        if (topics.subscribers(topic) != SUBSCRIBERS) {
            throw new IllegalStateException("only " + topics.subscribers(topic) + " have joined");
        }
    }

    @TearDown(Level.Trial)
    public void free() {
        topics.close();
        names.close();
    }

    @Benchmark
    @AllocatesNothing
    public long walk() {
        long sum = 0;
        for (int slot = topics.next(topic, 0, 0); slot >= 0;
                slot = topics.next(topic, 0, slot + 1)) {
            sum += slot;
        }
        return sum;
    }

    /** The same contract: a cursor that holds whatever happens to the set in between. */
    @Benchmark
    public long roaringByNextValue() {
        long sum = 0;
        for (long slot = bitmap.nextValue(0); slot >= 0;
                slot = bitmap.nextValue((int) slot + 1)) {
            sum += slot;
        }
        return sum;
    }

    /** Faster, and good only while nobody joins or leaves. */
    @Benchmark
    public long roaringByIterator() {
        long sum = 0;
        IntIterator slots = bitmap.getIntIterator();
        while (slots.hasNext()) {
            sum += slots.next();
        }
        return sum;
    }
}
