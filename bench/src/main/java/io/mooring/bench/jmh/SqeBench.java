package io.mooring.bench.jmh;

import io.mooring.ring.Sqe;
import io.mooring.sys.Abi;
import io.mooring.sys.OffHeap;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * A submission queue entry, written by eight words, beside the same entry zeroed and then written
 * field by field, as the C header would have one do it. The entries are those of a queue, in turn.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class SqeBench {

    private static final int SQE_BYTES = 64;
    private static final int ENTRIES = 256;
    private static final int MESSAGE_FLAGS =
            Abi.MSG_DONTWAIT | Abi.MSG_WAITALL | Abi.MSG_NOSIGNAL;
    private static final int FLAGS = 1;
    private static final int FD = 4;
    private static final int MESSAGE_FLAGS_AT = 28;

    private long entries;
    private int next;
    private long data;

    @Setup(Level.Trial)
    public void make() {
        entries = OffHeap.map((long) ENTRIES * SQE_BYTES);
    }

    @TearDown(Level.Trial)
    public void free() {
        OffHeap.unmap(entries, (long) ENTRIES * SQE_BYTES);
    }

    private long sqe() {
        return entries + (long) (next++ & ENTRIES - 1) * SQE_BYTES;
    }

    @Benchmark
    @AllocatesNothing
    public long send() {
        long sqe = sqe();
        Sqe.prepSendNow(sqe, next, entries, SQE_BYTES, ++data);
        return sqe;
    }

    @Benchmark
    public long sendByFields() {
        long sqe = sqe();
        OffHeap.zero(sqe, SQE_BYTES);
        OffHeap.putByte(sqe + Abi.SQE_OPCODE, (byte) Abi.OP_SEND);
        OffHeap.putByte(sqe + FLAGS, (byte) (Abi.SQE_FIXED_FILE | Abi.SQE_CQE_SKIP_SUCCESS));
        OffHeap.putInt(sqe + FD, next);
        OffHeap.putLong(sqe + Abi.SQE_ADDR, entries);
        OffHeap.putInt(sqe + Abi.SQE_LEN, SQE_BYTES);
        OffHeap.putInt(sqe + MESSAGE_FLAGS_AT, MESSAGE_FLAGS);
        OffHeap.putLong(sqe + Abi.SQE_USER_DATA, ++data);
        return sqe;
    }

    @Benchmark
    @AllocatesNothing
    public long poll() {
        long sqe = sqe();
        Sqe.prepPoll(sqe, next, Abi.POLLIN | Abi.POLLRDHUP, ++data);
        return sqe;
    }

    @Benchmark
    @AllocatesNothing
    public long receive() {
        long sqe = sqe();
        Sqe.prepRecv(sqe, next, 1, Abi.MSG_DONTWAIT, ++data);
        return sqe;
    }
}
