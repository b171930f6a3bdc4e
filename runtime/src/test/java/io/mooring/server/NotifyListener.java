package io.mooring.server;

import io.mooring.sys.Abi;
import io.mooring.sys.Errno;
import io.mooring.sys.OffHeap;
import io.mooring.sys.Syscalls;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** A service manager's end: a bound datagram socket, and what has come to it. */
final class NotifyListener implements AutoCloseable {
    private static final int BYTES_MAX = 4096;

    private final int fd;
    private final long memory = OffHeap.allocate(BYTES_MAX);

    /** @param address a path, or '@' and an abstract name */
    NotifyListener(String address) {
        fd = Syscalls.socket(Abi.AF_UNIX, Abi.SOCK_DGRAM | Abi.SOCK_CLOEXEC, 0);
        byte[] name = address.getBytes(StandardCharsets.UTF_8);
        int bytes = name.length;
        if (name[0] == '@') {
            name[0] = 0;
        } else {
            bytes++;
        }
        OffHeap.zero(memory, Abi.SOCKADDR_UN_BYTES);
        OffHeap.putShort(memory, (short) Abi.AF_UNIX);
        OffHeap.copy(name, 0, memory + Abi.SOCKADDR_UN_PATH, name.length);
        int bound = Syscalls.bind(fd, memory, Abi.SOCKADDR_UN_PATH + bytes);
        if (bound < 0) {
            throw new AssertionError(address + ": " + Errno.text(bound));
        }
    }

    /** The next message that is there, or null. */
    String poll() {
        int bytes = Syscalls.recv(fd, memory, BYTES_MAX, Abi.MSG_DONTWAIT);
        if (bytes < 0) {
            return null;
        }
        byte[] text = new byte[bytes];
        OffHeap.copy(memory, text, 0, bytes);
        return new String(text, StandardCharsets.UTF_8);
    }

    /** All messages up to the first that has this in it, which is the last. */
    List<String> await(String part) {
        List<String> seen = new ArrayList<>();
        Await.until(() -> "a message with " + part + " came; so far " + seen, () -> {
            String next = poll();
            if (next != null) {
                seen.add(next);
            }
            return next != null && next.contains(part);
        });
        return seen;
    }

    /** What has come and was not looked at. */
    int drain() {
        int count = 0;
        while (poll() != null) {
            count++;
        }
        return count;
    }

    /** Whether a message comes within so many milliseconds. */
    boolean hears(int ms) {
        OffHeap.putInt(memory, fd);
        OffHeap.putShort(memory + Abi.POLLFD_EVENTS, (short) Abi.POLLIN);
        long timespec = memory + 64;
        OffHeap.putLong(timespec, ms / 1_000);
        OffHeap.putLong(timespec + 8, ms % 1_000 * 1_000_000L);
        return Syscalls.poll(memory, 1, timespec) > 0;
    }

    @Override
    public void close() {
        Syscalls.close(fd);
        OffHeap.free(memory);
    }
}
