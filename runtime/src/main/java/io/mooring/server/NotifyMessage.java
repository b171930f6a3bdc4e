package io.mooring.server;

import io.mooring.sys.OffHeap;
import java.nio.charset.StandardCharsets;

/**
 * A message to the service manager, put together in the same off-heap bytes each time. What does
 * not fit is left out, as a status that is cut tells more than none.
 */
final class NotifyMessage implements AutoCloseable {
    private static final int BYTES_MAX = 512;
    private static final int DIGITS_MAX = 19;

    private final long address = OffHeap.allocate(BYTES_MAX);
    private int bytes;

    /** Text that is put into messages later on. */
    static byte[] text(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    NotifyMessage clear() {
        bytes = 0;
        return this;
    }

    NotifyMessage put(byte[] text) {
        int fits = Math.min(text.length, BYTES_MAX - bytes);
        OffHeap.copy(text, 0, address + bytes, fits);
        bytes += fits;
        return this;
    }

    /** In decimal. */
    NotifyMessage put(long number) {
        assert number >= 0 : number;
        if (bytes + DIGITS_MAX > BYTES_MAX) {
            return this;
        }
        int digits = 1;
        for (long rest = number / 10; rest > 0; rest /= 10) {
            digits++;
        }
        long rest = number;
        for (int at = digits - 1; at >= 0; at--) {
            OffHeap.putByte(address + bytes + at, (byte) ('0' + rest % 10));
            rest /= 10;
        }
        bytes += digits;
        return this;
    }

    long address() {
        return address;
    }

    int bytes() {
        return bytes;
    }

    @Override
    public void close() {
        OffHeap.free(address);
    }
}
