package io.mooring.ring;

import io.mooring.sys.Abi;
import io.mooring.sys.Errno;
import io.mooring.sys.OffHeap;
import io.mooring.sys.SetupException;

/** Registered ("fixed") memory: pinned once, so that zero-copy sends need not pin it each time. */
public final class FixedBuffers {
    private FixedBuffers() {
    }

    /**
     * Registers one region as buffer 0; counts against RLIMIT_MEMLOCK without CAP_IPC_LOCK.
     *
     * @throws SetupException naming the limit
     */
    public static void register(Ring ring, long address, long bytes) {
        long iovec = OffHeap.map(Abi.IOVEC_BYTES);
        OffHeap.putLong(iovec, address);
        OffHeap.putLong(iovec + Abi.IOVEC_LENGTH, bytes);
        int result = ring.register(Abi.REGISTER_BUFFERS, iovec, 1);
        OffHeap.unmap(iovec, Abi.IOVEC_BYTES);
        if (result < 0) {
            throw new SetupException("cannot register " + bytes + " bytes of buffers: "
                + Errno.text(result) + "; raise RLIMIT_MEMLOCK (ulimit -l, LimitMEMLOCK=)",
                -result);
        }
    }
}
