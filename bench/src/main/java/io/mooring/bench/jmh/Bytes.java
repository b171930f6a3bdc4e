package io.mooring.bench.jmh;

import io.mooring.sys.OffHeap;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;

/** Off-heap bytes to measure with. */
final class Bytes {

    /** Of one, two, three and four bytes, as a chat has them. */
    private static final String MIXED = "Grüße aus Köln, 60 € für 您好 und 😀. ";
    private static final String ASCII = "the quick brown fox jumps over it; ";
    private static final byte FILLER = '.';

    private Bytes() {
    }

    static byte[] random(int size) {
        byte[] bytes = new byte[size];
        new Random(size).nextBytes(bytes);
        return bytes;
    }

    /** Valid UTF-8 of exactly {@code size} bytes. */
    static byte[] text(boolean mixed, int size) {
        byte[] unit = (mixed ? MIXED : ASCII).getBytes(StandardCharsets.UTF_8);
        byte[] bytes = new byte[size];
        Arrays.fill(bytes, FILLER);
        for (int at = 0; at + unit.length <= size; at += unit.length) {
            System.arraycopy(unit, 0, bytes, at, unit.length);
        }
        return bytes;
    }

    /** Where a copy of {@code bytes} is from then on. */
    static long offHeap(byte[] bytes) {
        long address = OffHeap.allocate(bytes.length);
        OffHeap.copy(bytes, 0, address, bytes.length);
        return address;
    }
}
