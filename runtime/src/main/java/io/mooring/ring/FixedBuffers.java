package io.mooring.ring;

import io.mooring.sys.Abi;
import io.mooring.sys.Errno;
import io.mooring.sys.KernelFeatures;
import io.mooring.sys.OffHeap;
import io.mooring.sys.SetupException;

/**
 * One region of registered ("fixed") memory, for any number of rings: pinned once, so that
 * zero-copy sends need not pin it each time. All of it is resident from then on.
 *
 * <p>A small ring that nobody enters holds the registration, and other rings clone it (6.12), which
 * neither pins nor counts anything again. An older kernel registers it for each ring, and counts it
 * each time against RLIMIT_MEMLOCK. A ring of its own, because only a ring's own thread may clone
 * from one with SINGLE_ISSUER. Any thread may {@link #attach}.
 */
public final class FixedBuffers implements AutoCloseable {
    /** The index of the region in every ring that has it. */
    public static final int INDEX = 0;

    /** What one buffer may be: io_buffer_validate() in the kernel. */
    private static final long BYTES_MAX = 1L << 30;

    private final long address;
    private final long bytes;
    private final KernelRing source;
    /** Whether the kernel clones; found out by the first ring. */
    private volatile boolean clones = true;

    private FixedBuffers(long address, long bytes, KernelRing source) {
        this.address = address;
        this.bytes = bytes;
        this.source = source;
    }

    /**
     * Pins the region; counts against RLIMIT_MEMLOCK without CAP_IPC_LOCK. It must stay mapped as
     * it is: a page that is given back and touched anew is not the one that is sent.
     *
     * @param bytes 1 GiB at most
     * @throws SetupException naming the limit
     */
    public static FixedBuffers pin(KernelFeatures features, long address, long bytes) {
        int plain = Abi.SETUP_CQSIZE | features.setupFlags() & Abi.SETUP_NO_SQARRAY;
        KernelRing source = KernelRing.open(new KernelFeatures(features.release(), plain,
            features.noSqArray(), false), 1, 2);
        try {
            register(source, address, bytes);
        } catch (SetupException e) {
            source.close();
            throw e;
        }
        return new FixedBuffers(address, bytes, source);
    }

    /**
     * Gives a ring the region as its buffer {@link #INDEX}; on the ring's own thread.
     *
     * @return whether it was cloned; false: registered, and counted, once more
     * @throws SetupException naming the limit
     */
    public boolean attach(Ring ring) {
        if (clones) {
            int result = cloneBuffers(ring);
            if (result >= 0) {
                return true;
            }
            if (result != -Errno.EINVAL) {
                throw new SetupException("cannot share " + bytes + " bytes of buffers with a ring: "
                    + Errno.text(result) + "; free memory, or let the seccomp filter allow "
                    + "io_uring_register (a ring takes one region only)", -result);
            }
            clones = false;
        }
        register(ring, address, bytes);
        return false;
    }

    /** Shares the source's registration (6.12): 0, or -errno; -EINVAL before that. */
    private int cloneBuffers(Ring ring) {
        long arg = OffHeap.map(Abi.CLONE_BUFFERS_BYTES);
        OffHeap.putInt(arg, source.fd());
        int result = ring.register(Abi.REGISTER_CLONE_BUFFERS, arg, 1);
        OffHeap.unmap(arg, Abi.CLONE_BUFFERS_BYTES);
        return result;
    }

    /** The registration ends when the rings that have it are closed, too. */
    @Override
    public void close() {
        source.close();
    }

    /**
     * Registers one region as buffer 0 of this ring alone.
     *
     * @throws SetupException naming the limit
     */
    static void register(Ring ring, long address, long bytes) {
        if (bytes > BYTES_MAX) {
            throw new SetupException("cannot register " + bytes + " bytes of buffers: a ring takes "
                + BYTES_MAX + " at most; lower --frame-memory", Errno.EFAULT);
        }
        long iovec = OffHeap.map(Abi.IOVEC_BYTES);
        OffHeap.putLong(iovec, address);
        OffHeap.putLong(iovec + Abi.IOVEC_LENGTH, bytes);
        int result = ring.register(Abi.REGISTER_BUFFERS, iovec, 1);
        OffHeap.unmap(iovec, Abi.IOVEC_BYTES);
        if (result < 0) {
            throw new SetupException("cannot register " + bytes + " bytes of buffers: "
                + Errno.text(result) + "; raise RLIMIT_MEMLOCK (ulimit -l, or LimitMEMLOCK= in the "
                + "systemd unit) or lower --frame-memory", -result);
        }
    }
}
