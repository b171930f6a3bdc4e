package io.mooring.conn;

import java.util.Arrays;

/** A queue of bytes in one array, copied at each change. */
final class SendQueueModel {
    private byte[] bytes = {};

    void add(byte[] more) {
        int length = bytes.length;
        bytes = Arrays.copyOf(bytes, length + more.length);
        System.arraycopy(more, 0, bytes, length, more.length);
    }

    void addFirst(byte[] more) {
        byte[] all = Arrays.copyOf(more, more.length + bytes.length);
        System.arraycopy(bytes, 0, all, more.length, bytes.length);
        bytes = all;
    }

    void remove(int count) {
        bytes = Arrays.copyOfRange(bytes, count, bytes.length);
    }

    boolean startsWith(byte[] first) {
        return first.length <= bytes.length
            && Arrays.equals(bytes, 0, first.length, first, 0, first.length);
    }

    int length() {
        return bytes.length;
    }
}
