package io.mooring.ws;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** The masking of client frames (RFC 6455, 5.3): payload byte i XOR key byte i mod 4. */
public final class Mask {
    private static final ValueLayout.OfLong LONG_LE =
            ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT_LE =
            ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private static final long HIGH_BITS = 0x8080_8080_8080_8080L;

    private Mask() {
    }

    /**
     * XORs {@code length} bytes at {@code src} with the key and stores them at {@code dst}. The
     * same call masks and unmasks.
     *
     * <p>{@code dst} may equal {@code src}, lie anywhere below it, or be disjoint: bytes are copied
     * in ascending order, and what is read before it is written never lies above what is read next.
     * A {@code dst} just above {@code src} would read its own output and is a caller's bug.
     *
     * @param length in bytes; 0 is fine
     * @param key    read little endian, so that byte i of the key is {@code key >>> 8 * i & 0xff}
     * @param phase  payload bytes of this frame done before; only the two low bits matter
     * @return 0 if every stored byte is ASCII, so that text needs no further look; else nonzero
     */
    public static long apply(
            MemorySegment mem, long src, long dst, int length, int key, int phase) {
        assert length >= 0 && (dst <= src || dst >= src + length) : "dst inside the source";
        int turned = Integer.rotateRight(key, phase << 3);
        long wide = (turned & 0xffff_ffffL) * 0x1_0000_0001L;
        long seen = 0;
        int i = 0;
        // Not unrolled by hand: C2 does it, and four words a turn were slower at 64 bytes.
        for (; i <= length - 8; i += 8) {
            long a = mem.get(LONG_LE, src + i) ^ wide;
            mem.set(LONG_LE, dst + i, a);
            seen |= a;
        }
        if (i <= length - 4) {
            int a = mem.get(INT_LE, src + i) ^ turned;
            mem.set(INT_LE, dst + i, a);
            seen |= a & 0xffff_ffffL;
            i += 4;
        }
        for (; i < length; i++, turned >>>= 8) {
            byte a = (byte) (mem.get(ValueLayout.JAVA_BYTE, src + i) ^ turned);
            mem.set(ValueLayout.JAVA_BYTE, dst + i, a);
            seen |= a & 0xffL;
        }
        return seen & HIGH_BITS;
    }
}
