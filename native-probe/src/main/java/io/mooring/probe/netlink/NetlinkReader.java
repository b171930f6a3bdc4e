package io.mooring.probe.netlink;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * Takes datagrams of a netlink answer apart. Makes no object per message, checks every length
 * before it reads, and always gets on by at least a header: whatever comes, it ends.
 *
 * <p>Layout: {@code struct nlmsghdr} of include/uapi/linux/netlink.h; all in the machine's own
 * order.
 */
public final class NetlinkReader {

    public static final int HEADER_BYTES = 16;
    static final int TYPE_NOOP = 1;
    static final int TYPE_ERROR = 2;
    static final int TYPE_DONE = 3;
    static final int TYPE_OVERRUN = 4;
    private static final int FLAG_DUMP_INTERRUPTED = 0x10;
    private static final int FLAG_CAPPED = 0x100;
    private static final int FLAG_ACK_TLVS = 0x200;
    private static final int ATTRIBUTE_TEXT = 1;
    private static final int TEXT_BYTES_MAX = 512;

    /** Gets each message that is neither an end nor an error. */
    public interface Handler {
        /**
         * @param type   of the message
         * @param at     where its body begins in {@code datagram}
         * @param length of the body, bytes
         */
        void message(int type, ByteBuffer datagram, int at, int length) throws NetlinkException;
    }

    private final int sequence;
    private boolean done;
    private boolean interrupted;

    /** Of the answer to the request of this number. */
    public NetlinkReader(int sequence) {
        this.sequence = sequence;
    }

    /** The answer is over. */
    public boolean isDone() {
        return done;
    }

    /**
     * The kernel says that its table changed in between, so that entries may be missing or twice.
     */
    public boolean isInterrupted() {
        return interrupted;
    }

    /** One datagram, from its position to its limit, in the machine's byte order. */
    public void read(ByteBuffer datagram, Handler handler) throws NetlinkException {
        int at = datagram.position();
        int end = datagram.limit();
        if (at == end) {
            throw new NetlinkException("an empty datagram");
        }
        while (at < end) {
            if (done) {
                throw new NetlinkException("a message after the end of the answer");
            }
            if (end - at < HEADER_BYTES) {
                throw new NetlinkException((end - at) + " bytes where a header of 16 must be");
            }
            int length = datagram.getInt(at);
            if (length < HEADER_BYTES || length > end - at) {
                throw new NetlinkException("a message of " + Integer.toUnsignedString(length)
                        + " bytes in " + (end - at));
            }
            int type = datagram.getShort(at + 4) & 0xffff;
            int flags = datagram.getShort(at + 6) & 0xffff;
            int number = datagram.getInt(at + 8);
            if (number != sequence) {
                throw new NetlinkException("an answer to request "
                        + Integer.toUnsignedString(number) + ", not "
                        + Integer.toUnsignedString(sequence));
            }
            interrupted |= (flags & FLAG_DUMP_INTERRUPTED) != 0;
            one(type, flags, datagram, at + HEADER_BYTES, length - HEADER_BYTES, handler);
            at += Math.min(aligned(length), end - at);
        }
    }

    private void one(int type, int flags, ByteBuffer datagram, int at, int length, Handler handler)
            throws NetlinkException {
        switch (type) {
            case TYPE_NOOP -> { }
            case TYPE_ERROR -> {
                if (length < 4 + HEADER_BYTES) {
                    throw new NetlinkException("an error message of " + length + " bytes");
                }
                fail(datagram.getInt(at), () -> textOfError(flags, datagram, at, length));
                done = true;
            }
            case TYPE_DONE -> {
                // Kernels before 2.6 sent none; ours say whether the dump failed on its way.
                if (length >= 4) {
                    fail(datagram.getInt(at), () -> (flags & FLAG_ACK_TLVS) == 0 ? ""
                            : text(datagram, at + 4, length - 4));
                }
                done = true;
            }
            case TYPE_OVERRUN -> throw new NetlinkException("the kernel lost part of the answer");
            default -> handler.message(type, datagram, at, length);
        }
    }

    /** Asked only if there is an error. */
    private interface Text {
        String get();
    }

    private static void fail(int error, Text text) throws NetlinkException {
        if (error == 0) {
            return;
        }
        if (error > 0 || error < -4095) {
            throw new NetlinkException("an error message with the impossible number " + error);
        }
        String more = text.get();
        throw new NetlinkException("the kernel answers errno " + -error
                + (more.isEmpty() ? "" : ": " + more), -error);
    }

    /** The kernel's own words: behind the request it repeats, of which CAPPED keeps the header. */
    private static String textOfError(int flags, ByteBuffer datagram, int at, int length) {
        if ((flags & FLAG_ACK_TLVS) == 0) {
            return "";
        }
        int repeated = HEADER_BYTES;
        if ((flags & FLAG_CAPPED) == 0) {
            int whole = datagram.getInt(at + 4);
            if (whole < HEADER_BYTES || whole > length - 4) {
                return "";
            }
            repeated = aligned(whole);
        }
        return text(datagram, at + 4 + repeated, length - 4 - repeated);
    }

    private static String text(ByteBuffer datagram, int from, int bytes) {
        int at = from;
        int left = bytes;
        while (left >= 4) {
            int length = datagram.getShort(at) & 0xffff;
            int type = datagram.getShort(at + 2) & 0x3fff;
            if (length < 4 || length > left) {
                return "";
            }
            if (type == ATTRIBUTE_TEXT) {
                byte[] text = new byte[Math.min(length - 4, TEXT_BYTES_MAX)];
                datagram.get(at + 4, text);
                return printable(new String(text, StandardCharsets.UTF_8));
            }
            at += aligned(length);
            left -= aligned(length);
        }
        return "";
    }

    private static String printable(String text) {
        return text.replaceAll("[^\\x20-\\x7e]", "");
    }

    /** Messages and attributes begin at multiples of four. */
    static int aligned(int bytes) {
        return (bytes + 3) & ~3;
    }
}
