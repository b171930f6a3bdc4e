package io.mooring.server;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Arrays;

/**
 * {@link Main} behind a seccomp filter that forbids io_uring_setup, as Docker's default profile
 * does. Arguments: the errno that the filter answers, then Main's. Exits with 77 if the kernel
 * takes no filter.
 */
final class SeccompMain {
    static final int NO_SECCOMP = 77;

    private static final int PR_SET_NO_NEW_PRIVS = 38;
    private static final int SECCOMP_SET_MODE_FILTER = 1;
    private static final int SECCOMP_FILTER_FLAG_TSYNC = 1;
    private static final int IO_URING_SETUP = 425;

    // Classic BPF: load a word of seccomp_data, compare, return.
    private static final int LOAD = 0x20;
    private static final int JUMP_IF_EQUAL = 0x15;
    private static final int RETURN = 0x06;
    private static final int ALLOW = 0x7fff0000;
    private static final int ERRNO = 0x00050000;

    private SeccompMain() {
    }

    public static void main(String[] arguments) throws Throwable {
        if (!forbid(Integer.parseInt(arguments[0]))) {
            System.exit(NO_SECCOMP);
        }
        Main.main(Arrays.copyOfRange(arguments, 1, arguments.length));
    }

    private static boolean forbid(int errno) throws Throwable {
        Linker linker = Linker.nativeLinker();
        MethodHandle syscall = linker.downcallHandle(linker.defaultLookup().findOrThrow("syscall"),
            FunctionDescriptor.of(ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG,
                ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG,
                ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG),
            Linker.Option.firstVariadicArg(1));
        boolean x86 = System.getProperty("os.arch").equals("amd64");
        long prctl = x86 ? 157 : 167;
        long seccomp = x86 ? 317 : 277;
        try (Arena arena = Arena.ofConfined()) {
            // struct sock_filter { u16 code; u8 jt, jf; u32 k; }
            // The call's number is at offset 0 of struct seccomp_data.
            MemorySegment filter = arena.allocate(4 * 8, 8);
            instruction(filter, 0, LOAD, 0, 0, 0);
            instruction(filter, 1, JUMP_IF_EQUAL, 0, 1, IO_URING_SETUP);
            instruction(filter, 2, RETURN, 0, 0, ERRNO | errno);
            instruction(filter, 3, RETURN, 0, 0, ALLOW);
            MemorySegment program = arena.allocate(16, 8); // struct sock_fprog
            program.set(ValueLayout.JAVA_SHORT, 0, (short) 4);
            program.set(ValueLayout.JAVA_LONG, 8, filter.address());
            // TSYNC: all threads, those of the JVM that run already too.
            return (long) syscall.invokeExact(prctl, (long) PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L,
                    0L) == 0
                && (long) syscall.invokeExact(seccomp, (long) SECCOMP_SET_MODE_FILTER,
                    (long) SECCOMP_FILTER_FLAG_TSYNC, program.address(), 0L, 0L) == 0;
        }
    }

    private static void instruction(MemorySegment filter, int index, int code, int ifTrue,
        int ifFalse, int value) {
        long at = index * 8L;
        filter.set(ValueLayout.JAVA_SHORT, at, (short) code);
        filter.set(ValueLayout.JAVA_BYTE, at + 2, (byte) ifTrue);
        filter.set(ValueLayout.JAVA_BYTE, at + 3, (byte) ifFalse);
        filter.set(ValueLayout.JAVA_INT, at + 4, value);
    }
}
