package io.mooring.sys;

import static org.junit.jupiter.api.Assumptions.abort;

import java.lang.foreign.Arena;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/**
 * Has the kernel refuse a system call to one thread, the way a container's seccomp filter does. The
 * filter is the thread's own and ends with it.
 */
public final class Seccomp {
    private static final int ANY = -1;
    private static final boolean X86 = !System.getProperty("os.arch").equals("aarch64");
    private static final int SYS_PRCTL = X86 ? 157 : 167;
    private static final int PR_SET_SECCOMP = 22;
    private static final int PR_SET_NO_NEW_PRIVS = 38;
    private static final int MODE_FILTER = 2;

    // linux/bpf_common.h, linux/seccomp.h
    private static final int LOAD = 0x20;
    private static final int JUMP_IF_EQUAL = 0x15;
    private static final int RETURN = 0x06;
    private static final int RETURN_ERRNO = 0x50000;
    private static final int RETURN_ALLOW = 0x7fff0000;
    private static final int DATA_NUMBER = 0;
    private static final int DATA_ARGUMENTS = 16;
    private static final int FILTER_BYTES = 8;

    private Seccomp() {
    }

    /** Runs {@code body} on a thread to which every call of {@code number} fails with errno. */
    public static <T> T refusing(int number, int errno, Callable<T> body) throws Exception {
        return refusing(number, 0, ANY, errno, body);
    }

    /** The same for calls whose argument {@code argument} (from 0) has this value. */
    public static <T> T refusing(int number, int argument, int value, int errno,
        Callable<T> body) throws Exception {
        FutureTask<T> task = new FutureTask<>(() -> {
            install(number, argument, value, errno);
            return body.call();
        });
        Thread thread = new Thread(task, "seccomp");
        thread.start();
        try {
            return task.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof Exception cause) {
                throw cause;
            }
            throw (Error) e.getCause();
        } finally {
            thread.join();
        }
    }

    private static void install(int number, int argument, int value, int errno) {
        try (Arena arena = Arena.ofConfined()) {
            long filter = arena.allocate(8 * FILTER_BYTES, 8).address();
            int refuse = RETURN_ERRNO | errno;
            int count = 0;
            put(filter, count++, LOAD, 0, 0, DATA_NUMBER);
            put(filter, count++, JUMP_IF_EQUAL, 0, value == ANY ? 1 : 3, number);
            if (value != ANY) {
                put(filter, count++, LOAD, 0, 0, DATA_ARGUMENTS + 8 * argument);
                put(filter, count++, JUMP_IF_EQUAL, 0, 1, value);
            }
            put(filter, count++, RETURN, 0, 0, refuse);
            put(filter, count++, RETURN, 0, 0, RETURN_ALLOW);
            long program = arena.allocate(16, 8).address();
            OffHeap.putShort(program, (short) count);
            OffHeap.putLong(program + 8, filter);
            Syscalls.call(SYS_PRCTL, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0, 0);
            long result = Syscalls.call(SYS_PRCTL, PR_SET_SECCOMP, MODE_FILTER, program, 0, 0, 0);
            if (result < 0) {
                abort("no seccomp filters in this kernel (CONFIG_SECCOMP_FILTER): "
                    + Errno.text(result));
            }
        }
    }

    private static void put(long filter, int index, int code, int jumpTrue, int jumpFalse, int k) {
        long at = filter + (long) index * FILTER_BYTES;
        OffHeap.putShort(at, (short) code);
        OffHeap.putByte(at + 2, (byte) jumpTrue);
        OffHeap.putByte(at + 3, (byte) jumpFalse);
        OffHeap.putInt(at + 4, k);
    }
}
