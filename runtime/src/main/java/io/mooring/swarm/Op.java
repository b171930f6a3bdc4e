package io.mooring.swarm;

/** The op byte of user_data: which handler a completion goes to. */
final class Op {
    static final int SOCKET = 1;
    // The chain that connects; whichever posts a completion, it is the only one.
    static final int OPTION = 2;
    static final int BIND = 3;
    static final int CONNECT = 4;
    static final int REQUEST = 5;
    static final int RESPONSE = 6;

    static final int POLL = 7;
    static final int RECV = 8;
    static final int RECV_MULTISHOT = 9;
    static final int SEND_NOW = 10;
    static final int SEND_ALL = 11;
    static final int CLOSE = 12;
    static final int CANCEL = 13;
    static final int WAKE = 14;
    /** An option that a connection can do without. */
    static final int NO_DELAY = 15;
    static final int SHUTDOWN = 16;

    private static final String[] NAMES =
        {"", "socket", "setsockopt", "bind", "connect", "request", "handshake"};

    private Op() {
    }

    /** Of an operation that connects. */
    static String name(int op) {
        return NAMES[op];
    }
}
