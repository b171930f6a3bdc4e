package io.mooring.conn;

import io.mooring.sys.OffHeap;

/**
 * One connection's 64 bytes, as static accessors over its address ({@link ConnectionTable#at}).
 *
 * <pre>
 *  0  u32  generation      24 bits; + 1 at each free, so that late completions are told apart
 *  4  u8   phase           {@link Phase}
 *  5  u8   ops             operations in the kernel, one bit each: the join waits for 0
 *  6  u16  flags           below
 *  8  u32  assembly        partial input in the spill pool, 0: none
 * 12  u32  output          first chunk of unsent output in the spill pool, 0: none
 * 16  u32  wheelNext       deadline list
 * 20  u32  wheelPrev       deadline list; negative: the head of bucket ~value
 * 24  i32  subscriptions   topic joined, 0: none; negative: the complement of several's chunk
 * 28  u32  activeTick      when the peer was last heard
 * 32  u8   handler         index of the route's handler
 * 33  u8   heat            receives in close succession, 0 to 255; see the reactor's arming
 * 34  u16  sendRecord      which staged send is this connection's
 * 36  u16  closeCode       as it will be told to the handler
 * 38  u16  peerPort
 * 40  16 B peerAddress     IPv6, or IPv4 mapped (::ffff:a.b.c.d)
 * 56  u64  attachment      the application's
 * </pre>
 */
public final class Connection {
    public static final int BYTES = 64;

    // Operations in the kernel.
    public static final int OP_POLL = 1;
    public static final int OP_RECV = 1 << 1;
    public static final int OP_RECV_MULTISHOT = 1 << 2;
    public static final int OP_SEND = 1 << 3;
    public static final int OP_SHUTDOWN = 1 << 4;
    public static final int OP_CLOSE = 1 << 5;
    /** A send that ends within the next enter; see the reactor's Sender. */
    public static final int OP_SEND_STAGED = 1 << 6;
    public static final int OP_ACCEPT = 1 << 7;
    public static final int OPS_RECEIVING = OP_POLL | OP_RECV | OP_RECV_MULTISHOT;

    // Flags.
    /** Receives by multishot RECV, not by POLL_ADD. */
    public static final int FLAG_HOT = 1;
    /** A ping of ours is unanswered. */
    public static final int FLAG_PINGED = 1 << 1;
    /** Not read from, because its output is behind. */
    public static final int FLAG_PAUSED = 1 << 2;
    /** onOpen has been called, so onClose is due. */
    public static final int FLAG_OPENED = 1 << 3;
    /** Waits for a receive buffer. */
    public static final int FLAG_STARVED = 1 << 4;
    /** The multishot receive is being cancelled, to pause or to cool down. */
    public static final int FLAG_CANCELLING = 1 << 5;
    /** After the last bytes: shut our side and linger, rather than close at once. */
    public static final int FLAG_LINGER = 1 << 6;
    /** Waits for room in the submission queue. */
    public static final int FLAG_READY = 1 << 7;
    /** Not read from, because it publishes faster than its messages are sent. */
    public static final int FLAG_HELD = 1 << 9;
    /** To be shut, or reset, before its descriptor is closed. */
    public static final int FLAG_SHUT_DUE = 1 << 10;
    /** The kernel reads a shared frame where it lies: the join waits for the notification. */
    public static final int FLAG_LENT = 1 << 11;
    /** Counted by the admission, so to be counted out. */
    public static final int FLAG_ADMITTED = 1 << 8;
    /** Its request is a HEAD, so the answer has no body; set while the answer is due. */
    public static final int FLAG_HEAD = 1 << 12;

    private static final int PHASE = 4;
    private static final int OPS = 5;
    private static final int FLAGS = 6;
    private static final int ASSEMBLY = 8;
    private static final int OUTPUT = 12;
    static final int WHEEL_NEXT = 16;
    static final int WHEEL_PREV = 20;
    private static final int SUBSCRIPTIONS = 24;
    private static final int ACTIVE_TICK = 28;
    private static final int HANDLER = 32;
    private static final int HEAT = 33;
    private static final int SEND_RECORD = 34;
    private static final int CLOSE_CODE = 36;
    private static final int PEER_PORT = 38;
    public static final int PEER_ADDRESS = 40;
    public static final int PEER_ADDRESS_BYTES = 16;
    private static final int ATTACHMENT = 56;

    private Connection() {
    }

    public static int generation(long c) {
        return OffHeap.getInt(c);
    }

    static void generation(long c, int value) {
        OffHeap.putInt(c, value);
    }

    public static int phase(long c) {
        return OffHeap.getByte(c + PHASE);
    }

    public static void phase(long c, int value) {
        OffHeap.putByte(c + PHASE, (byte) value);
    }

    public static int ops(long c) {
        return OffHeap.getByte(c + OPS) & 0xff;
    }

    public static boolean hasOp(long c, int ops) {
        return (OffHeap.getByte(c + OPS) & ops) != 0;
    }

    public static void addOp(long c, int op) {
        assert !hasOp(c, op) : "operation " + op + " is in the kernel already";
        OffHeap.putByte(c + OPS, (byte) (OffHeap.getByte(c + OPS) | op));
    }

    public static void removeOp(long c, int op) {
        assert hasOp(c, op) : "operation " + op + " is not in the kernel";
        OffHeap.putByte(c + OPS, (byte) (OffHeap.getByte(c + OPS) & ~op));
    }

    public static boolean is(long c, int flag) {
        return (OffHeap.getShort(c + FLAGS) & flag) != 0;
    }

    public static void set(long c, int flag) {
        OffHeap.putShort(c + FLAGS, (short) (OffHeap.getShort(c + FLAGS) | flag));
    }

    public static void clear(long c, int flag) {
        OffHeap.putShort(c + FLAGS, (short) (OffHeap.getShort(c + FLAGS) & ~flag));
    }

    public static int heat(long c) {
        return OffHeap.getByte(c + HEAT) & 0xff;
    }

    public static void heat(long c, int value) {
        OffHeap.putByte(c + HEAT, (byte) value);
    }

    public static int assembly(long c) {
        return OffHeap.getInt(c + ASSEMBLY);
    }

    public static void assembly(long c, int chunk) {
        OffHeap.putInt(c + ASSEMBLY, chunk);
    }

    public static int output(long c) {
        return OffHeap.getInt(c + OUTPUT);
    }

    public static void output(long c, int chunk) {
        OffHeap.putInt(c + OUTPUT, chunk);
    }

    public static int subscriptions(long c) {
        return OffHeap.getInt(c + SUBSCRIPTIONS);
    }

    public static void subscriptions(long c, int value) {
        OffHeap.putInt(c + SUBSCRIPTIONS, value);
    }

    public static int activeTick(long c) {
        return OffHeap.getInt(c + ACTIVE_TICK);
    }

    public static void activeTick(long c, int tick) {
        OffHeap.putInt(c + ACTIVE_TICK, tick);
    }

    public static int handler(long c) {
        return OffHeap.getByte(c + HANDLER) & 0xff;
    }

    public static void handler(long c, int index) {
        OffHeap.putByte(c + HANDLER, (byte) index);
    }

    public static int sendRecord(long c) {
        return OffHeap.getShort(c + SEND_RECORD) & 0xffff;
    }

    public static void sendRecord(long c, int index) {
        OffHeap.putShort(c + SEND_RECORD, (short) index);
    }

    public static int closeCode(long c) {
        return OffHeap.getShort(c + CLOSE_CODE) & 0xffff;
    }

    public static void closeCode(long c, int code) {
        OffHeap.putShort(c + CLOSE_CODE, (short) code);
    }

    public static int peerPort(long c) {
        return OffHeap.getShort(c + PEER_PORT) & 0xffff;
    }

    public static void peerPort(long c, int port) {
        OffHeap.putShort(c + PEER_PORT, (short) port);
    }

    public static long attachment(long c) {
        return OffHeap.getLong(c + ATTACHMENT);
    }

    public static void attachment(long c, long value) {
        OffHeap.putLong(c + ATTACHMENT, value);
    }
}
