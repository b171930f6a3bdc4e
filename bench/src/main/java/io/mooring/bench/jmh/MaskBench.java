package io.mooring.bench.jmh;

import io.mooring.sys.OffHeap;
import io.mooring.ws.Mask;
import java.lang.foreign.ValueLayout;
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

/** Unmasking, by sizes and by where the payload begins, beside a loop over its bytes. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class MaskBench {

    private static final int KEY = 0x9a45f312;
    /** What an echo moves it by: a client's header has a key more than a server's. */
    private static final int KEY_BYTES = 4;
    private static final int SLACK_BYTES = 64;

    @Param({"13", "64", "1024", "65536"})
    int size;

    /** Bytes past a cache line; 6 is where a small frame's payload begins. */
    @Param({"0", "1", "6"})
    int past;

    private long memory;
    private long payload;

    @Setup(Level.Trial)
    public void make() {
        memory = Bytes.offHeap(Bytes.random(size + 3 * SLACK_BYTES));
        payload = (memory + 2 * SLACK_BYTES & -SLACK_BYTES) + past;
    }

    @TearDown(Level.Trial)
    public void free() {
        OffHeap.free(memory);
    }

    @Benchmark
    @AllocatesNothing
    public long byWords() {
        return Mask.apply(OffHeap.ALL, payload, payload - KEY_BYTES, size, KEY, 0);
    }

    @Benchmark
    public int byBytes() {
        int seen = 0;
        for (int i = 0; i < size; i++) {
            byte b = (byte) (OffHeap.ALL.get(ValueLayout.JAVA_BYTE, payload + i)
                    ^ KEY >>> 8 * (i & 3));
            OffHeap.ALL.set(ValueLayout.JAVA_BYTE, payload - KEY_BYTES + i, b);
            seen |= b;
        }
        return seen;
    }
}
