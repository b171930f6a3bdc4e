package io.mooring.bench.jmh;

import io.mooring.sys.OffHeap;
import io.mooring.ws.FrameDecoder;
import io.mooring.ws.FrameEncoder;
import io.mooring.ws.Mask;
import io.mooring.ws.Opcode;
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

/** A client's frame, read; a server's, begun; and both with the payload between: an echo. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class CodecBench {

    private static final int KEY = 0x9a45f312;

    @Param({"64", "1024", "65536"})
    int size;

    private int frameBytes;
    private long frame;
    private long out;

    @Setup(Level.Trial)
    public void make() {
        frameBytes = FrameDecoder.HEADER_LENGTH_MAX + size;
        frame = Bytes.offHeap(Bytes.random(frameBytes));
        out = OffHeap.allocate(frameBytes);
        int header = FrameEncoder.maskedHeader(OffHeap.ALL, frame, Opcode.BINARY, true, size, KEY);
        Mask.apply(OffHeap.ALL, frame + header, frame + header, size, KEY, 0);
    }

    @TearDown(Level.Trial)
    public void free() {
        OffHeap.free(frame);
        OffHeap.free(out);
    }

    @Benchmark
    @AllocatesNothing
    public long decodeHeader() {
        long header = FrameDecoder.header(OffHeap.ALL, frame, frameBytes, true);
        return FrameDecoder.payloadLength(header)
                + FrameDecoder.maskKey(OffHeap.ALL, frame, header);
    }

    @Benchmark
    @AllocatesNothing
    public int encodeHeader() {
        return FrameEncoder.header(OffHeap.ALL, out, Opcode.BINARY, true, size);
    }

    @Benchmark
    @AllocatesNothing
    public long echo() {
        long header = FrameDecoder.header(OffHeap.ALL, frame, frameBytes, true);
        int length = FrameDecoder.payloadLength(header);
        int key = FrameDecoder.maskKey(OffHeap.ALL, frame, header);
        int written = FrameEncoder.header(OffHeap.ALL, out, FrameDecoder.opcode(header),
                FrameDecoder.fin(header), length);
        return Mask.apply(OffHeap.ALL, frame + FrameDecoder.headerLength(header), out + written,
                length, key, 0);
    }
}
