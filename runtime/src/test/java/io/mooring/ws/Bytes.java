package io.mooring.ws;

import java.io.ByteArrayOutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;

/** What the tests of this package make bytes with. */
final class Bytes {
    private Bytes() {
    }

    /** "81 05 48" as bytes. */
    static byte[] hex(String hex) {
        return HexFormat.of().parseHex(hex.replace(" ", ""));
    }

    static String hex(byte[] bytes) {
        return HexFormat.ofDelimiter(" ").formatHex(bytes);
    }

    static byte[] latin1(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    static byte[] concat(byte[]... parts) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            all.writeBytes(part);
        }
        return all.toByteArray();
    }

    /** The first {@code length} bytes and no more, so that a read beyond them throws. */
    static MemorySegment heap(byte[] bytes, int length) {
        return MemorySegment.ofArray(Arrays.copyOf(bytes, length));
    }

    static MemorySegment heap(byte[] bytes) {
        return heap(bytes, bytes.length);
    }

    /** The same outside the heap; the collector frees it. */
    static MemorySegment offHeap(byte[] bytes, int length) {
        MemorySegment segment = Arena.ofAuto().allocate(Math.max(1, length)).asSlice(0, length);
        MemorySegment.copy(bytes, 0, segment, ValueLayout.JAVA_BYTE, 0, length);
        return segment;
    }
}
