package io.mooring.reactor;

/** The op byte of user_data: which handler a completion goes to. */
final class Op {
    static final int ACCEPT = 1;
    static final int POLL = 2;
    static final int RECV = 3;
    static final int RECV_MULTISHOT = 4;
    static final int SEND_NOW = 5;
    static final int SEND_ALL = 6;
    static final int SHUTDOWN = 7;
    static final int CLOSE = 8;
    static final int CANCEL = 9;
    static final int WAKE = 10;
    static final int SEND_ZC = 11;

    private Op() {
    }
}
