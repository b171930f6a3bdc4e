package io.mooring.conn;

/** The life of a slot, in order. */
public final class Phase {
    /** Nobody's; on the free list. */
    public static final int FREE = 0;
    /** Chosen for an accept that is in the kernel. */
    public static final int ACCEPTING = 1;
    /** Connected; the request is being read: its head, and the body if it has one. */
    public static final int HANDSHAKE = 2;
    /** A WebSocket. */
    public static final int OPEN = 3;
    /** We have sent a Close frame and wait for the peer's, RFC 6455 section 7.1.2. */
    public static final int CLOSE_WAIT = 4;
    /** Our last bytes are being sent; then we close. */
    public static final int FLUSHING = 5;
    /** Our side is shut; the peer's bytes are read and dropped until it ends too. */
    public static final int LINGERING = 6;
    /** Being torn down: terminate, join, close, free. */
    public static final int DEAD = 7;
    /** In place of OPEN: a request is whole, and its handler owes the answer. */
    public static final int ANSWER_DUE = 8;

    private static final String[] NAMES = {"free", "accepting", "handshake", "open", "close-wait",
        "flushing", "lingering", "dead", "answer-due"};

    private Phase() {
    }

    public static String name(int phase) {
        return NAMES[phase];
    }
}
