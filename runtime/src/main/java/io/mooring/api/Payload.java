package io.mooring.api;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.Objects;

/**
 * The bytes of one message, where they lie: a view that is valid until the handler it was given to
 * returns, then it is moved to the next message. Copy what is to be kept. Every access is checked
 * against the message's length.
 */
public final class Payload {
    private MemorySegment memory;
    private long offset;
    private int length;
    private boolean text;

    /** Points the view elsewhere; for the runtime. */
    public Payload wrap(MemorySegment newMemory, long newOffset, int newLength, boolean isText) {
        this.memory = newMemory;
        this.offset = newOffset;
        this.length = newLength;
        this.text = isText;
        return this;
    }

    /** Whether it came as text, which is then valid UTF-8; binary otherwise. */
    public boolean isText() {
        return text;
    }

    /** Bytes. */
    public int length() {
        return length;
    }

    /** @throws IndexOutOfBoundsException outside {@code 0 <= index < length()} */
    public byte byteAt(int index) {
        Objects.checkIndex(index, length);
        return memory.get(ValueLayout.JAVA_BYTE, offset + index);
    }

    /** Copies {@code count} bytes from {@code index} into {@code target}. */
    public void copyTo(int index, byte[] target, int targetOffset, int count) {
        Objects.checkFromIndexSize(index, count, length);
        MemorySegment.copy(memory, ValueLayout.JAVA_BYTE, offset + index, target, targetOffset,
            count);
    }

    /** A copy of all the bytes. */
    public byte[] toBytes() {
        byte[] bytes = new byte[length];
        copyTo(0, bytes, 0, length);
        return bytes;
    }

    /** A copy as a string, decoded as UTF-8. */
    public String toText() {
        return new String(toBytes(), StandardCharsets.UTF_8);
    }

    /** The memory that {@link #offset} counts in; for the runtime. */
    public MemorySegment memory() {
        return memory;
    }

    /** Where the message starts in {@link #memory}; for the runtime. */
    public long offset() {
        return offset;
    }

    @Override
    public String toString() {
        return (text ? "text" : "binary") + " of " + length + " bytes";
    }
}
