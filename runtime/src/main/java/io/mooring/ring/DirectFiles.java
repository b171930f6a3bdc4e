package io.mooring.ring;

import io.mooring.sys.Abi;
import io.mooring.sys.Errno;
import io.mooring.sys.OffHeap;
import io.mooring.sys.SetupException;

/** The ring's table of direct descriptors, registered sparse: accepts fill it, closes empty it. */
public final class DirectFiles {
    /** IORING_MAX_FIXED_FILES. */
    private static final int PLACES_MAX = 1 << 20;

    private DirectFiles() {
    }

    /**
     * Registers a table of {@code slots} empty places; costs the kernel 8 bytes each at once, 32
     * more each while used.
     *
     * @throws SetupException EMFILE when {@code slots} is above the soft RLIMIT_NOFILE
     */
    public static void register(Ring ring, int slots) {
        if (slots > PLACES_MAX) {
            throw new SetupException("a ring holds " + PLACES_MAX + " direct descriptors, not "
                + slots + ": use several rings", Errno.EMFILE);
        }
        long arg = OffHeap.map(Abi.RSRC_REGISTER_BYTES);
        OffHeap.putInt(arg, slots);
        OffHeap.putInt(arg + 4, Abi.RSRC_REGISTER_SPARSE);
        int result = ring.register(Abi.REGISTER_FILES2, arg, Abi.RSRC_REGISTER_BYTES);
        OffHeap.unmap(arg, Abi.RSRC_REGISTER_BYTES);
        if (result == -Errno.EMFILE) {
            throw new SetupException("a table of " + slots + " direct descriptors is above "
                + "RLIMIT_NOFILE: raise it (ulimit -n, or LimitNOFILE= in the systemd unit)",
                Errno.EMFILE);
        }
        if (result < 0) {
            throw new SetupException("cannot register " + slots + " direct descriptors: "
                + Errno.text(result) + "; ask for fewer connections or free memory", -result);
        }
    }
}
