package io.mooring.server;

import io.mooring.api.SlowReceivers;
import io.mooring.api.SlowReceivers.Policy;
import io.mooring.epoll.EngineChoice;
import io.mooring.memory.SendPace;
import io.mooring.reactor.Pace;
import io.mooring.reactor.PublishConfig;
import io.mooring.reactor.SlowReceiverRules;
import io.mooring.ring.Engine;
import io.mooring.sys.OffHeap;
import io.mooring.sys.SetupException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/** What a server was told about published messages. */
final class PublishSettings {
    private static final long MIB = 1 << 20;
    private static final long FRAME_MEMORY_MAX = 64L << 30;
    private static final long FRAME_MEMORY_LEAST_AUTO = 64 * MIB;

    private long frameMemory;
    private SlowReceivers slow = SlowReceivers.of(Policy.DROP_NEWEST);
    private final Map<String, SlowReceivers> slowByPattern = new LinkedHashMap<>();
    private long broadcastMemory = SendPace.AUTO;
    private long broadcastRate;
    private int zeroCopyFrom;

    void frameMemory(long bytes) {
        frameMemory = Ranges.bytes("frameMemory", bytes, 1, FRAME_MEMORY_MAX);
    }

    void slowReceivers(SlowReceivers policy) {
        slow = policy;
    }

    void slowReceivers(String pattern, SlowReceivers policy) {
        int asterisk = pattern.indexOf('*');
        if (pattern.isEmpty() || asterisk >= 0 && asterisk < pattern.length() - 1) {
            throw new IllegalArgumentException("slowReceivers pattern is \"" + pattern
                + "\": choose a topic's name, or the start of names and an asterisk");
        }
        slowByPattern.put(pattern, policy);
    }

    void broadcastMemory(long bytes) {
        broadcastMemory = Ranges.bytes("broadcastMemory", bytes, MIB, Long.MAX_VALUE);
    }

    void broadcastRate(long bytesPerSecond) {
        broadcastRate = Ranges.bytes("broadcastRate", bytesPerSecond, 0, Long.MAX_VALUE);
    }

    void zeroCopyFrom(int bytes) {
        zeroCopyFrom = (int) Ranges.bytes("zeroCopyFrom", bytes, 0, Integer.MAX_VALUE);
    }

    /**
     * The size from which on frames are not copied, with this engine.
     *
     * @throws SetupException if it has no such sends, and was asked for by name
     */
    int zeroCopyFrom(Engine engine, EngineChoice choice, Consumer<String> onNotice) {
        if (zeroCopyFrom == 0 || engine.sendsZeroCopy()) {
            return zeroCopyFrom;
        }
        if (choice != EngineChoice.AUTO) {
            throw new SetupException("--zero-copy-from needs io_uring, which can send without a "
                + "copy: use --engine io_uring, or leave --zero-copy-from away");
        }
        onNotice.accept("warning: all frames are copied: --zero-copy-from needs io_uring, and "
            + "this is epoll");
        return 0;
    }

    /** @param isMemoryShort whether the server should take no memory that it can do without */
    TcpPace pace(Path root, BooleanSupplier isMemoryShort) {
        return new TcpPace(SendPace.open(root, OffHeap.PAGE_BYTES, broadcastMemory, broadcastRate,
            isMemoryShort));
    }

    PublishConfig config(int messageBytesMax, int zeroCopyFrom, Pace pace) {
        return new PublishConfig(frameBytes(messageBytesMax),
            new SlowReceiverRules(slow, slowByPattern), pace, zeroCopyFrom);
    }

    /** Publishers wait from half of it on, so the largest message must fit twice. */
    long frameBytes(int messageBytesMax) {
        if (frameMemory == 0) {
            return Math.max(FRAME_MEMORY_LEAST_AUTO, 8L * messageBytesMax);
        }
        long least = 2L * messageBytesMax + MIB;
        if (frameMemory < least) {
            throw new IllegalArgumentException("frameMemory is " + frameMemory + ": choose "
                + least + " or more bytes, room for two of the largest messages");
        }
        return frameMemory;
    }
}
