package io.mooring.kernel.doctor;

import io.mooring.kernel.Main;
import io.mooring.sys.Errno;
import io.mooring.sys.OffHeap;
import io.mooring.sys.Syscalls;
import java.lang.foreign.Arena;

/** {@link Main} behind a seccomp filter that forbids io_uring_setup, as Docker's profile does. */
final class FilteredMain {
    private static final boolean X86 = !System.getProperty("os.arch").equals("aarch64");
    private static final int SYS_PRCTL = X86 ? 157 : 167;
    private static final int PR_SET_SECCOMP = 22;
    private static final int PR_SET_NO_NEW_PRIVS = 38;
    private static final int MODE_FILTER = 2;
    private static final int IO_URING_SETUP = 425;

    // linux/bpf_common.h, linux/seccomp.h
    private static final int LOAD = 0x20;
    private static final int JUMP_IF_EQUAL = 0x15;
    private static final int RETURN = 0x06;
    private static final int RETURN_ERRNO = 0x50000;
    private static final int RETURN_ALLOW = 0x7fff0000;
    private static final int INSTRUCTIONS = 4;
    private static final int INSTRUCTION_BYTES = 8;

    private FilteredMain() {
    }

    /** The filter is this thread's own, and it is this thread that tries. */
    public static void main(String[] arguments) {
        try (Arena arena = Arena.ofConfined()) {
            long filter = arena.allocate(INSTRUCTIONS * INSTRUCTION_BYTES, 8).address();
            put(filter, 0, LOAD, 0, 0, 0);
            put(filter, 1, JUMP_IF_EQUAL, 0, 1, IO_URING_SETUP);
            put(filter, 2, RETURN, 0, 0, RETURN_ERRNO | Errno.EPERM);
            put(filter, 3, RETURN, 0, 0, RETURN_ALLOW);
            long program = arena.allocate(16, 8).address();
            OffHeap.putShort(program, (short) INSTRUCTIONS);
            OffHeap.putLong(program + 8, filter);
            Syscalls.call(SYS_PRCTL, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0, 0);
            long result = Syscalls.call(SYS_PRCTL, PR_SET_SECCOMP, MODE_FILTER, program, 0, 0, 0);
            if (result < 0) {
                throw new IllegalStateException("no seccomp filter: " + Errno.text((int) result));
            }
        }
        Main.main(arguments);
    }

    private static void put(long filter, int index, int code, int jumpTrue, int jumpFalse, int k) {
        long at = filter + (long) index * INSTRUCTION_BYTES;
        OffHeap.putShort(at, (short) code);
        OffHeap.putByte(at + 2, (byte) jumpTrue);
        OffHeap.putByte(at + 3, (byte) jumpFalse);
        OffHeap.putInt(at + 4, k);
    }
}
