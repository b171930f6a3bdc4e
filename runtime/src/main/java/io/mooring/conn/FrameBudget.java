package io.mooring.conn;

/**
 * Bounds the spill chunks that published frames wait in. The last quarter is for connections that
 * have none waiting yet, so that those which never read leave room for those which are behind for a
 * moment. One chunk may go past the bound: one smaller than a frame would let none wait.
 */
public final class FrameBudget {
    private final long bytesMax;
    private long bytes;

    public FrameBudget(long bytesMax) {
        this.bytesMax = bytesMax;
    }

    /** @param first whether it is the connection's only chunk */
    boolean hasRoom(boolean first) {
        return bytes < (first ? bytesMax : bytesMax / 4 * 3);
    }

    /** For the rest of a frame that was begun, which cannot be dropped: it may go half past it. */
    boolean hasRoomForRest() {
        return bytes < bytesMax / 2 * 3;
    }

    void take(int capacity) {
        bytes += capacity;
    }

    void give(int capacity) {
        bytes -= capacity;
        assert bytes >= 0;
    }

    /** Bytes of chunks in use. */
    public long bytes() {
        return bytes;
    }

    public long bytesMax() {
        return bytesMax;
    }
}
