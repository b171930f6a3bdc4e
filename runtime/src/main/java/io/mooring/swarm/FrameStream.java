package io.mooring.swarm;

import io.mooring.sys.OffHeap;
import io.mooring.ws.CloseCode;
import io.mooring.ws.FrameDecoder;
import io.mooring.ws.Opcode;
import org.agrona.collections.Long2ObjectHashMap;

/**
 * Reads a server's frames in whatever pieces they come. Nothing is put together: payload goes to
 * {@link Receipts} as it is, a header that is cut waits in its slot, and only a cut ping or close
 * frame waits in a map.
 */
final class FrameStream {
    // What next() returns; anything below 0 is a negated close code.
    static final int NEED_MORE = 0;
    static final int MESSAGE = 1;
    static final int PING = 2;
    static final int CLOSE = 3;

    private static final int FIN = 0x80;
    private static final int HEADER_MAX = 10;
    private static final int LENGTH_64 = 127;

    private final Receipts receipts;
    private final Long2ObjectHashMap<byte[]> cutControls = new Long2ObjectHashMap<>();
    /** A header or a control payload, put together. */
    private final long scratch = OffHeap.map(256);
    private long position;
    private long controlAddress;
    private int controlBytes;

    FrameStream(Receipts receipts) {
        this.receipts = receipts;
    }

    /**
     * Reads on until something is complete. Call it again from {@link #position} while it returns
     * anything above 0.
     *
     * @param tag the connection's, which its own messages carry
     */
    int next(long c, int tag, long from, long end) {
        position = from;
        while (true) {
            if (!Slot.is(c, Slot.IN_PAYLOAD)) {
                if (position == end) {
                    return NEED_MORE;
                }
                long header = header(c, end);
                if (header <= 0) {
                    return (int) header;
                }
                int problem = begin(c, header);
                if (problem != 0) {
                    return -problem;
                }
            }
            int event = payload(c, tag, end);
            if (event != NEED_MORE || Slot.is(c, Slot.IN_PAYLOAD)) {
                return event;
            }
        }
    }

    /** Up to where {@link #next} has read. */
    long position() {
        return position;
    }

    /** Of the ping or close frame just returned; valid until the next call. */
    long controlAddress() {
        return controlAddress;
    }

    int controlBytes() {
        return controlBytes;
    }

    private long header(long c, long end) {
        if (Slot.headerBytes(c) == 0) {
            int available = (int) Math.min(end - position, HEADER_MAX);
            long header = FrameDecoder.header(OffHeap.ALL, position, available, false);
            if (header != FrameDecoder.NEED_MORE) {
                position += header > 0 ? FrameDecoder.headerLength(header) : 0;
                return header;
            }
        }
        long header = FrameDecoder.NEED_MORE;
        while (header == FrameDecoder.NEED_MORE && position < end) {
            int count = Slot.headerBytes(c);
            restore(c, count);
            byte next = OffHeap.getByte(position++);
            OffHeap.putByte(scratch + count, next);
            header = FrameDecoder.header(OffHeap.ALL, scratch, count + 1, false);
            store(c, count, next & 0xff);
        }
        if (header != FrameDecoder.NEED_MORE) {
            Slot.headerBytes(c, 0);
        }
        return header;
    }

    /** The header's bytes so far, out of the slot. */
    private void restore(long c, int count) {
        OffHeap.putByte(scratch, (byte) Slot.first(c));
        OffHeap.putByte(scratch + 1, (byte) Slot.second(c));
        boolean wide = (Slot.second(c) & 0x7f) == LENGTH_64;
        // Of a length of 8 bytes only the lower four are kept: with anything in the upper ones it
        // would have been an error, or too long, already.
        OffHeap.putInt(scratch + 2, 0);
        int from = wide ? 6 : 2;
        for (int i = from; i < count; i++) {
            OffHeap.putByte(scratch + i, (byte) (Slot.left(c) >>> 8 * (i - from)));
        }
    }

    private static void store(long c, int count, int value) {
        int from = (Slot.second(c) & 0x7f) == LENGTH_64 ? 6 : 2;
        switch (count) {
            case 0 -> {
                Slot.first(c, value);
                Slot.left(c, 0);
                Slot.second(c, 0);
            }
            case 1 -> Slot.second(c, value);
            default -> {
                if (count >= from) {
                    Slot.left(c, Slot.left(c) | value << 8 * (count - from));
                } else if (value != 0) {
                    Slot.left(c, -1); // over 4 GiB: stays over any limit
                }
            }
        }
        Slot.headerBytes(c, count + 1);
    }

    /** A frame begins; returns a close code if it may not. */
    private int begin(long c, long header) {
        int opcode = FrameDecoder.opcode(header);
        int bytes = FrameDecoder.payloadLength(header);
        int problem = FrameDecoder.sequence(Slot.is(c, Slot.IN_MESSAGE), opcode);
        if (problem != 0) {
            return problem;
        }
        if (bytes == Integer.MAX_VALUE) {
            return CloseCode.MESSAGE_TOO_BIG;
        }
        Slot.first(c, (FrameDecoder.fin(header) ? FIN : 0) | opcode);
        Slot.left(c, bytes);
        Slot.set(c, Slot.IN_PAYLOAD);
        if (Opcode.isControl(opcode)) {
            Slot.second(c, bytes);
        } else {
            if (opcode != Opcode.CONTINUATION) {
                Slot.at(c, 0);
                Slot.clear(c, Slot.CORRUPT);
            }
            Slot.set(c, Slot.IN_MESSAGE);
        }
        return 0;
    }

    private int payload(long c, int tag, long end) {
        int left = Slot.left(c);
        int bytes = (int) Math.min(left, end - position);
        int opcode = Slot.first(c) & 0xf;
        boolean control = Opcode.isControl(opcode);
        if (control) {
            control(c, bytes, left);
        } else if (bytes > 0) {
            receipts.accept(c, tag, position, bytes);
            // Saturates: what is longer than any message of ours need not be told apart.
            Slot.at(c, (int) Math.min((long) Slot.at(c) + bytes, Integer.MAX_VALUE));
        }
        position += bytes;
        Slot.left(c, left - bytes);
        if (left != bytes) {
            return NEED_MORE;
        }
        Slot.clear(c, Slot.IN_PAYLOAD);
        if (control) {
            return opcode == Opcode.PING ? PING : opcode == Opcode.CLOSE ? CLOSE : NEED_MORE;
        }
        if ((Slot.first(c) & FIN) == 0) {
            return NEED_MORE;
        }
        Slot.clear(c, Slot.IN_MESSAGE);
        return MESSAGE;
    }

    private void control(long c, int bytes, int left) {
        int whole = Slot.second(c);
        if (bytes == whole) {
            controlAddress = position;
            controlBytes = whole;
            return;
        }
        if (bytes == 0) {
            return; // cut right behind its header
        }
        byte[] cut = cutControls.get(c);
        if (cut == null) {
            cut = new byte[whole];
            cutControls.put(c, cut);
        }
        OffHeap.copy(position, cut, whole - left, bytes);
        if (bytes == left) {
            cutControls.remove(c);
            OffHeap.copy(cut, 0, scratch, whole);
            controlAddress = scratch;
            controlBytes = whole;
        }
    }

    /** The connection is gone, and what it left with it. */
    void forget(long c) {
        if (!cutControls.isEmpty()) {
            cutControls.remove(c);
        }
    }

    void close() {
        OffHeap.unmap(scratch, 256);
    }
}
