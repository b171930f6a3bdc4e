package io.mooring.sys;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What this kernel offers, found by trial: a ring is set up with each flag and thrown away. A
 * version number would lie where a vendor backports, a seccomp filter forbids or a sysctl disables.
 *
 * @param release the kernel's own word, for messages only
 * @param setupFlags the io_uring_setup flags that every ring of the runtime uses
 * @param noSqArray the indirection of the submission queue is left out (6.6)
 * @param registeredRing the ring's own descriptor can be registered, which saves a reference count
 *     per enter (5.18)
 */
public record KernelFeatures(String release, int setupFlags, boolean noSqArray,
    boolean registeredRing) {

    private static final int BASE_FLAGS = Abi.SETUP_CQSIZE | Abi.SETUP_SUBMIT_ALL
        | Abi.SETUP_SINGLE_ISSUER | Abi.SETUP_DEFER_TASKRUN | Abi.SETUP_TASKRUN_FLAG;

    private static final int FEATURES_NEEDED = Abi.FEAT_SINGLE_MMAP | Abi.FEAT_NODROP
        | Abi.FEAT_EXT_ARG | Abi.FEAT_CQE_SKIP;

    private static final int[] OPS_NEEDED = {Abi.OP_NOP, Abi.OP_POLL_ADD, Abi.OP_ACCEPT,
        Abi.OP_ASYNC_CANCEL, Abi.OP_CLOSE, Abi.OP_SEND, Abi.OP_RECV, Abi.OP_SHUTDOWN};

    private static final int CLOSES_AT_ONCE_MAJOR = 6;
    private static final int CLOSES_AT_ONCE_MINOR = 13;
    private static final Pattern VERSION = Pattern.compile("(\\d{1,4})\\.(\\d{1,4})");

    private static final Path DISABLED = Path.of("/proc/sys/kernel/io_uring_disabled");

    /**
     * Tries the kernel.
     *
     * @throws SetupException naming what blocks io_uring here and the command that unblocks it
     */
    public static KernelFeatures probe() {
        checkPlatform();
        String release = System.getProperty("os.version");
        try (Arena arena = Arena.ofConfined()) {
            long params = arena.allocate(Abi.PARAMS_BYTES, 8).address();
            int fd = trySetup(params, BASE_FLAGS);
            if (fd < 0) {
                throw new SetupException(whyNot(fd, release), -fd);
            }
            try {
                checkFeatures(params, release);
                checkOps(arena, fd, release);
                boolean registered = tryRegisterRing(arena, fd);
                return withNoSqArray(params, release, registered);
            } finally {
                Syscalls.close(fd);
            }
        }
    }

    /** @throws SetupException where the numbers of {@link Abi} do not hold */
    public static void checkPlatform() {
        if (!System.getProperty("os.name").equals("Linux") || !Abi.isKnownArchitecture()) {
            throw new SetupException("Mooring runs on Linux on x86-64 and arm64, not on "
                + System.getProperty("os.name") + " on " + System.getProperty("os.arch"));
        }
    }

    /**
     * Whether closing a direct descriptor lets go of its socket at once (6.13). Before that, files
     * were let go of in order: one that is closed stays open, and its peer hears nothing, until
     * every request that was begun in its ring before the close has ended, a connection's poll
     * among them. Told by the version: a later one has it for sure, and an earlier one that has it
     * only closes more slowly.
     */
    public boolean closesAtOnce() {
        return isAtLeast(release, CLOSES_AT_ONCE_MAJOR, CLOSES_AT_ONCE_MINOR);
    }

    /** Whether a zero-copy send can say that it was copied after all (6.2). */
    public boolean reportsZeroCopy() {
        return isAtLeast(release, 6, 2);
    }

    /** Of a release as uname(2) gives it: "6.12.117+deb13-arm64". */
    public static boolean isAtLeast(String release, int major, int minor) {
        Matcher version = VERSION.matcher(release);
        if (!version.lookingAt()) {
            return false;
        }
        int ours = Integer.parseInt(version.group(1));
        return ours > major || ours == major && Integer.parseInt(version.group(2)) >= minor;
    }

    /** One line for the log. */
    @Override
    public String toString() {
        return "io_uring on Linux " + release + ": single issuer, deferred task work (6.1)"
            + (noSqArray ? ", no SQ array (6.6)" : ", SQ array (no NO_SQARRAY before 6.6)")
            + (registeredRing ? ", registered ring" : "");
    }

    private static int trySetup(long params, int flags) {
        OffHeap.zero(params, Abi.PARAMS_BYTES);
        OffHeap.putInt(params + Abi.PARAMS_FLAGS, flags);
        OffHeap.putInt(params + Abi.PARAMS_CQ_ENTRIES, 16);
        return Syscalls.ioUringSetup(8, params);
    }

    private static void checkFeatures(long params, String release) {
        int features = OffHeap.getInt(params + Abi.PARAMS_FEATURES);
        if ((features & FEATURES_NEEDED) != FEATURES_NEEDED) {
            throw new SetupException("io_uring on Linux " + release + " lacks features 0x"
                + Integer.toHexString(FEATURES_NEEDED & ~features) + "; Mooring needs Linux "
                + Abi.KERNEL_MAJOR_MIN + "." + Abi.KERNEL_MINOR_MIN + " or newer");
        }
    }

    private static void checkOps(Arena arena, int fd, String release) {
        int ops = 256;
        long probe = arena.allocate(Abi.PROBE_OPS + (long) ops * Abi.PROBE_OP_BYTES, 8).address();
        int result = Syscalls.ioUringRegister(fd, Abi.REGISTER_PROBE, probe, ops);
        if (result < 0) {
            throw new SetupException("io_uring_register is refused: " + Errno.text(result)
                + "; a seccomp filter that allows io_uring_setup must allow it too", -result);
        }
        for (int op : OPS_NEEDED) {
            long at = probe + Abi.PROBE_OPS + (long) op * Abi.PROBE_OP_BYTES;
            if ((OffHeap.getShort(at + Abi.PROBE_OP_FLAGS) & Abi.OP_SUPPORTED) == 0) {
                throw new SetupException("io_uring on Linux " + release + " lacks operation "
                    + op + "; Mooring needs Linux 6.1 or newer, with networking");
            }
        }
    }

    private static boolean tryRegisterRing(Arena arena, int fd) {
        long update = arena.allocate(Abi.RSRC_UPDATE_BYTES, 8).address();
        OffHeap.putInt(update, -1);
        OffHeap.putLong(update + Abi.RSRC_UPDATE_DATA, fd);
        if (Syscalls.ioUringRegister(fd, Abi.REGISTER_RING_FDS, update, 1) != 1) {
            return false;
        }
        OffHeap.putLong(update + Abi.RSRC_UPDATE_DATA, 0);
        Syscalls.ioUringRegister(fd, Abi.UNREGISTER_RING_FDS, update, 1);
        return true;
    }

    private static KernelFeatures withNoSqArray(long params, String release, boolean registered) {
        int fd = trySetup(params, BASE_FLAGS | Abi.SETUP_NO_SQARRAY);
        if (fd < 0) {
            return new KernelFeatures(release, BASE_FLAGS, false, registered);
        }
        Syscalls.close(fd);
        return new KernelFeatures(release, BASE_FLAGS | Abi.SETUP_NO_SQARRAY, true, registered);
    }

    private static String whyNot(int result, String release) {
        return switch (-result) {
            case Errno.ENOSYS -> "io_uring is not there: Linux " + release + " was built without "
                + "CONFIG_IO_URING, or a seccomp filter answers ENOSYS; use a kernel of 6.1 or "
                + "newer, or let the container's seccomp profile allow io_uring_setup, "
                + "io_uring_enter and io_uring_register";
            case Errno.EPERM, Errno.EACCES -> whyForbidden(disabled());
            case Errno.EINVAL -> "io_uring on Linux " + release + " is too old: Mooring needs "
                + Abi.KERNEL_MAJOR_MIN + "." + Abi.KERNEL_MINOR_MIN
                + " or newer (deferred task work)";
            case Errno.ENOMEM -> "io_uring cannot lock memory for a ring: raise RLIMIT_MEMLOCK "
                + "(ulimit -l, or LimitMEMLOCK= in the systemd unit)";
            case Errno.EMFILE -> "no file descriptor is free for a ring: raise RLIMIT_NOFILE "
                + "(ulimit -n, or LimitNOFILE= in the systemd unit)";
            case Errno.ENFILE -> "the system's file table is full: raise it, "
                + "sysctl -w fs.file-max=2097152";
            default -> "io_uring_setup failed: " + Errno.text(result);
        };
    }

    /** sysctl kernel.io_uring_disabled; before 6.6 there is none. */
    private static String disabled() {
        try {
            return Files.readString(DISABLED).strip();
        } catch (IOException e) {
            return "0";
        }
    }

    /** By the sysctl, whose value tells, or else by a filter. */
    static String whyForbidden(String disabled) {
        return switch (disabled) {
            case "2" -> "io_uring is disabled on this system: sysctl -w kernel.io_uring_disabled=0";
            case "1" -> "io_uring is disabled for unprivileged processes: "
                + "sysctl -w kernel.io_uring_disabled=0, or join the group kernel.io_uring_group";
            default -> "io_uring is forbidden to this process, by a seccomp filter or a security "
                + "module: let the profile allow io_uring_setup, io_uring_enter and "
                + "io_uring_register (Docker: --security-opt seccomp=PROFILE)";
        };
    }
}
