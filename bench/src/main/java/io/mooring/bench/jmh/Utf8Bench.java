package io.mooring.bench.jmh;

import io.mooring.sys.OffHeap;
import io.mooring.ws.Utf8;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
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

/**
 * Is it UTF-8? Beside the JDK's decoder, which also makes the characters; its buffers are on the
 * heap, where it is fastest, and used again and again.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class Utf8Bench {

    @Param({"ascii", "mixed"})
    String text;

    @Param({"64", "1024", "65536"})
    int size;

    private long memory;
    private ByteBuffer bytes;
    private CharBuffer chars;
    private CharsetDecoder decoder;

    @Setup(Level.Trial)
    public void make() {
        byte[] made = Bytes.text(text.equals("mixed"), size);
        memory = Bytes.offHeap(made);
        bytes = ByteBuffer.wrap(made);
        chars = CharBuffer.allocate(size);
        decoder = StandardCharsets.UTF_8.newDecoder()
                .onMalformedInput(CodingErrorAction.REPORT);
    }

    @TearDown(Level.Trial)
    public void free() {
        OffHeap.free(memory);
    }

    @Benchmark
    @AllocatesNothing
    public int validate() {
        return Utf8.validate(OffHeap.ALL, memory, size, Utf8.ACCEPT);
    }

    @Benchmark
    public CoderResult decodeByJdk() {
        bytes.clear();
        chars.clear();
        decoder.reset();
        return decoder.decode(bytes, chars, true);
    }
}
