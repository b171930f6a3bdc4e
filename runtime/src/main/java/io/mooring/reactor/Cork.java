package io.mooring.reactor;

import io.mooring.api.Payload;
import io.mooring.sys.OffHeap;
import io.mooring.ws.FrameEncoder;

/**
 * Answers put together in the receive buffer that is being read, in the bytes already consumed, to
 * leave as one send. An echo is not copied at all: a client's frame header is four bytes longer
 * than a server's, so the answer's header fits before the payload where it lies.
 *
 * <p>Never overtakes what is still to be read: neither by us nor, while a message is delivered, by
 * its handler.
 */
final class Cork {
    private static final int NONE = -1;

    private int slot = NONE;
    private long start;
    private long end;
    /** Consumed up to here. */
    private long limit;
    /** End of the message that is being delivered; it starts at {@link #limit} then. */
    private long messageEnd;

    /** From now on answers to {@code slot} may be put into the buffer at {@code address}. */
    void open(int newSlot, long address) {
        slot = newSlot;
        start = address;
        end = address;
        limit = address;
        messageEnd = address;
    }

    void close() {
        slot = NONE;
    }

    boolean isOpenFor(int forSlot) {
        return slot == forSlot;
    }

    /** The buffer has been consumed up to {@code address}. */
    void consumedTo(long address) {
        limit = address;
        messageEnd = address;
    }

    /** A frame from {@code from} to {@code to} is being delivered: nothing may be written there. */
    void delivering(long from, long to) {
        limit = from;
        messageEnd = to;
    }

    /** Room for {@code bytes} at the end, or 0. */
    long room(int forSlot, int bytes) {
        if (slot != forSlot || bytes > limit - end) {
            return 0;
        }
        long at = end;
        end += bytes;
        return at;
    }

    /**
     * Whether {@code message} lies in the frame that is being delivered, so can be answered there.
     */
    boolean holds(int forSlot, Payload message, int header) {
        long payload = message.offset();
        return slot == forSlot && message.memory() == OffHeap.ALL && payload >= limit
            && payload - header >= end && payload + message.length() <= messageEnd;
    }

    /** Makes the message an answer where it lies. */
    void echo(Payload message, int opcode, int header) {
        long payload = message.offset();
        int length = message.length();
        if (end == start) {
            start = payload - header;
        } else {
            // Several in one buffer: moved together by the few bytes between them.
            OffHeap.copy(payload, end + header, length);
            payload = end + header;
            message.wrap(OffHeap.ALL, payload, length, message.isText());
        }
        FrameEncoder.header(OffHeap.ALL, payload - header, opcode, true, length);
        end = payload + length;
    }

    long address() {
        return start;
    }

    int bytes() {
        return (int) (end - start);
    }
}
