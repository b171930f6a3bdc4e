package io.mooring.ring;

import io.mooring.sys.Abi;
import io.mooring.sys.Errno;
import io.mooring.sys.MemoryUse;
import io.mooring.sys.OffHeap;
import io.mooring.sys.SetupException;

/**
 * Receive buffers that the kernel picks from when data is there, so that a waiting connection holds
 * none (io_uring_register(2), IORING_REGISTER_PBUF_RING).
 *
 * <p>A buffer belongs to the kernel from {@link #give} + {@link #publish} until a completion names
 * it, and to us from then on. The ring's memory comes from mmap, so it is aligned to this machine's
 * pages (one of 16 KiB pages refuses 4 KiB alignment).
 */
public final class BufferRing implements AutoCloseable {
    private static final int ENTRIES_MAX = 1 << 15;

    private final Ring ring;
    private final int group;
    private final int buffers;
    private final int bufferBytes;
    private final long entries;
    private final long memory;
    private final int mask;

    /** Buffers given so far; of which the kernel sees 16 bits. */
    private long tail;
    private int held;
    /** How often one had been given or was held when none was touched. */
    private long untouchedAt;

    /**
     * Registers the ring and gives the kernel every buffer.
     *
     * @param group buffer group id, unique in the ring
     * @param buffers a power of two, at most 32,768
     * @param bufferBytes of one buffer
     */
    public BufferRing(Ring ring, int group, int buffers, int bufferBytes) {
        if (buffers < 1 || buffers > ENTRIES_MAX || Integer.bitCount(buffers) != 1) {
            throw new IllegalArgumentException(
                "buffers must be a power of two up to 32768: " + buffers);
        }
        this.ring = ring;
        this.group = group;
        this.buffers = buffers;
        this.bufferBytes = bufferBytes;
        this.mask = buffers - 1;
        this.entries = OffHeap.map((long) buffers * Abi.BUF_BYTES);
        this.memory = OffHeap.map((long) buffers * bufferBytes);
        try {
            register();
        } catch (SetupException e) {
            unmap();
            throw e;
        }
        this.held = buffers;
        for (int id = 0; id < buffers; id++) {
            give(id);
        }
        publish();
        this.untouchedAt = tail;
    }

    public int group() {
        return group;
    }

    public int bufferBytes() {
        return bufferBytes;
    }

    /** Where buffer {@code id} lies. */
    public long address(int id) {
        assert id >= 0 && id < buffers : id;
        return memory + (long) id * bufferBytes;
    }

    /** A completion named a buffer: it is ours until given back. */
    public void taken() {
        held++;
        assert held <= buffers : held;
    }

    /** Puts a buffer at the ring's end; the kernel sees it at {@link #publish}. */
    public void give(int id) {
        assert held > 0 : "buffer given twice";
        long entry = entries + (tail & mask) * Abi.BUF_BYTES;
        OffHeap.putLong(entry, address(id));
        OffHeap.putInt(entry + Abi.BUF_LENGTH, bufferBytes);
        // Not bytes 14-15: in the first entry they are the tail itself.
        OffHeap.putShort(entry + Abi.BUF_ID, (short) id);
        tail++;
        held--;
    }

    /**
     * Release-stores the tail: the entries above are written before the kernel can see them. It
     * reads the tail while it receives, possibly on another core.
     */
    public void publish() {
        OffHeap.putShortRelease(entries + Abi.BUF_RING_TAIL, (short) tail);
    }

    /** Buffers that are ours at the moment. */
    public int held() {
        return held;
    }

    public int buffers() {
        return buffers;
    }

    /**
     * Gives the buffers' memory back, and keeps the buffers: they hold nothing, and the kernel
     * touches a page anew when it needs one. Nothing happens while one is ours. No completion that
     * names a buffer may be unread: that buffer is full.
     */
    public void trim() {
        if (held == 0) {
            OffHeap.discard(memory, (long) buffers * bufferBytes);
            untouchedAt = tail;
        }
    }

    /**
     * The kernel takes buffers in the order in which they were given, so as many have been touched
     * since none was as have been taken. One of them may have its pages in common with two others.
     */
    public long touchedBytes() {
        long taken = Math.min(buffers, tail + held - untouchedAt);
        long touched = taken == 0 ? 0
            : OffHeap.pageAlign(taken * bufferBytes) + OffHeap.PAGE_BYTES;
        return OffHeap.pageAlign((long) buffers * Abi.BUF_BYTES)
            + Math.min(touched, OffHeap.pageAlign((long) buffers * bufferBytes));
    }

    public MemoryUse memory() {
        return new MemoryUse(mappedBytes(), touchedBytes(),
            (long) buffers * Abi.BUF_BYTES + (long) held * bufferBytes);
    }

    /** Bytes mapped, ring and buffers. */
    public long mappedBytes() {
        return OffHeap.pageAlign((long) buffers * Abi.BUF_BYTES)
            + OffHeap.pageAlign((long) buffers * bufferBytes);
    }

    /** Unregisters and unmaps; no receive may be in the kernel. */
    @Override
    public void close() {
        long reg = OffHeap.map(Abi.BUF_REG_BYTES);
        OffHeap.putShort(reg + Abi.BUF_REG_GROUP, (short) group);
        ring.register(Abi.UNREGISTER_PBUF_RING, reg, 1);
        OffHeap.unmap(reg, Abi.BUF_REG_BYTES);
        unmap();
    }

    private void unmap() {
        OffHeap.unmap(memory, (long) buffers * bufferBytes);
        OffHeap.unmap(entries, (long) buffers * Abi.BUF_BYTES);
    }

    private void register() {
        long reg = OffHeap.map(Abi.BUF_REG_BYTES);
        OffHeap.putLong(reg, entries);
        OffHeap.putInt(reg + Abi.BUF_REG_ENTRIES, buffers);
        OffHeap.putShort(reg + Abi.BUF_REG_GROUP, (short) group);
        int result = ring.register(Abi.REGISTER_PBUF_RING, reg, 1);
        OffHeap.unmap(reg, Abi.BUF_REG_BYTES);
        if (result < 0) {
            throw new SetupException("cannot register a ring of " + buffers + " buffers: "
                + Errno.text(result) + "; raise RLIMIT_MEMLOCK (ulimit -l, LimitMEMLOCK=)",
                -result);
        }
    }
}
