package io.mooring.probe.calibrate;

/** What the connections of one calibration run do. */
public enum Situation {
    BARE("bare", "a descriptor, nobody waits", 0),
    EPOLL("epoll", "a descriptor in an epoll set", 0),
    RING_POLL("ring-poll", "a direct descriptor, POLL_ADD armed", MiniRing.OP_POLL_ADD),
    RING_RECV("ring-recv", "a direct descriptor, RECV armed", MiniRing.OP_RECV),
    RING_READ("ring-read", "a direct descriptor, READ armed", MiniRing.OP_READ),
    QUEUED("queued", "a descriptor, 64 bytes sent to it and not read", 0),
    HALF_CLOSED("half-closed", "a descriptor, the peer has ended its side", 0),
    TIME_WAIT("time-wait", "both ends closed, the peer first", 0);

    public final String id;
    public final String text;
    /** Armed in a ring; 0: none. */
    final int operation;

    Situation(String id, String text, int operation) {
        this.id = id;
        this.text = text;
        this.operation = operation;
    }

    boolean isOfRing() {
        return operation != 0;
    }

    @Override
    public String toString() {
        return id;
    }
}
