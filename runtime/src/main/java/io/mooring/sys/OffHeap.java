package io.mooring.sys;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;

/**
 * Off-heap memory by raw address, in the machine's byte order.
 *
 * <p>{@link #ALL} spans the whole address space. It is a constant, so the JIT folds its bounds and
 * liveness checks: an access costs what a C load costs, without {@code Unsafe} and without flags.
 * The price is C's: a wrong address is a crash, so whoever computes one asserts it (tests and soak
 * runs use {@code -ea}).
 *
 * <p>Memory shared with the kernel is read and written by the acquire and release methods below;
 * everything else here is plain and belongs to one thread.
 */
public final class OffHeap {
    /** Every byte of the process; offset = address. */
    public static final MemorySegment ALL = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

    /**
     * Asked, never assumed: 4,096 on most machines, 16,384 on a Pi 5, 65,536 on some arm64 servers.
     */
    public static final int PAGE_BYTES = (int) Syscalls.pageBytes();

    private static final MethodHandle MALLOC = Linker.nativeLinker().downcallHandle(
        Linker.nativeLinker().defaultLookup().findOrThrow("malloc"),
        FunctionDescriptor.of(ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG));
    private static final MethodHandle FREE = Linker.nativeLinker().downcallHandle(
        Linker.nativeLinker().defaultLookup().findOrThrow("free"),
        FunctionDescriptor.ofVoid(ValueLayout.JAVA_LONG));

    private static final VarHandle INT = ValueLayout.JAVA_INT.varHandle();
    private static final VarHandle SHORT = ValueLayout.JAVA_SHORT.varHandle();

    /** Pages asked for in one call. */
    private static final int RESIDENT_CHUNK = 1 << 14;

    private OffHeap() {
    }

    /**
     * Maps zeroed, private, page-aligned memory; a page takes memory only once it is touched.
     *
     * @param bytes rounded up to whole pages
     * @throws SetupException if the kernel refuses
     */
    public static long map(long bytes) {
        long address = mapOrError(bytes);
        if (Errno.isError(address)) {
            throw new SetupException("cannot map " + pageAlign(bytes) + " bytes: "
                + Errno.text(address)
                + "; check ulimit -v, vm.overcommit_memory and vm.max_map_count", (int) -address);
        }
        return address;
    }

    /** The same, but 0 if the kernel refuses. */
    public static long tryMap(long bytes) {
        long address = mapOrError(bytes);
        return Errno.isError(address) ? 0 : address;
    }

    private static long mapOrError(long bytes) {
        return Syscalls.mmap(0, pageAlign(bytes), Abi.PROT_READ | Abi.PROT_WRITE,
            Abi.MAP_PRIVATE | Abi.MAP_ANONYMOUS | Abi.MAP_NORESERVE, -1, 0);
    }

    /**
     * Gives memory from {@link #map} back. Nothing may point into it any more, the kernel included.
     */
    public static void unmap(long address, long bytes) {
        int result = Syscalls.munmap(address, pageAlign(bytes));
        assert result == 0 : Errno.text(result);
    }

    /** Gives the pages' memory back and keeps the mapping, which reads as zeros from then on. */
    public static void discard(long address, long bytes) {
        int result = Syscalls.madvise(address, pageAlign(bytes), Abi.MADV_DONTNEED);
        assert result == 0 : Errno.text(result);
    }

    /**
     * Bytes of pages that are in memory, by the kernel's word; for a filter that forbids mincore(2)
     * all of them. Whoever unmaps them meanwhile does no harm.
     */
    public static long residentBytes(long address, long bytes) {
        long pages = pageAlign(bytes) / PAGE_BYTES;
        int chunk = (int) Math.min(pages, RESIDENT_CHUNK);
        long vector = map(chunk);
        long resident = 0;
        for (long first = 0; first < pages; first += chunk) {
            int count = (int) Math.min(chunk, pages - first);
            int result = Syscalls.mincore(address + first * PAGE_BYTES, (long) count * PAGE_BYTES,
                vector);
            for (int i = 0; i < count; i++) {
                resident += result == 0 ? getByte(vector + i) & 1
                    : result == -Errno.ENOMEM ? 0 : 1;
            }
        }
        unmap(vector, chunk);
        return resident * PAGE_BYTES;
    }

    /** malloc(3): any size, any thread, arbitrary content; 0 if there is no memory. */
    public static long allocate(long bytes) {
        try {
            return (long) MALLOC.invokeExact(bytes);
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }

    /** free(3) of what {@link #allocate} gave; any thread. */
    public static void free(long address) {
        try {
            FREE.invokeExact(address);
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }

    /** Rounds up to whole pages of this machine. */
    public static long pageAlign(long bytes) {
        return (bytes + PAGE_BYTES - 1) & -PAGE_BYTES;
    }

    public static byte getByte(long address) {
        return ALL.get(ValueLayout.JAVA_BYTE, address);
    }

    public static void putByte(long address, byte value) {
        ALL.set(ValueLayout.JAVA_BYTE, address, value);
    }

    public static short getShort(long address) {
        return ALL.get(ValueLayout.JAVA_SHORT_UNALIGNED, address);
    }

    public static void putShort(long address, short value) {
        ALL.set(ValueLayout.JAVA_SHORT_UNALIGNED, address, value);
    }

    public static int getInt(long address) {
        return ALL.get(ValueLayout.JAVA_INT_UNALIGNED, address);
    }

    public static void putInt(long address, int value) {
        ALL.set(ValueLayout.JAVA_INT_UNALIGNED, address, value);
    }

    public static long getLong(long address) {
        return ALL.get(ValueLayout.JAVA_LONG_UNALIGNED, address);
    }

    public static void putLong(long address, long value) {
        ALL.set(ValueLayout.JAVA_LONG_UNALIGNED, address, value);
    }

    /** Load-acquire: what the other side wrote before its release is visible after this. */
    public static int getIntAcquire(long address) {
        return (int) INT.getAcquire(ALL, address);
    }

    /** Store-release: what was written before is visible to whoever acquires this value. */
    public static void putIntRelease(long address, int value) {
        INT.setRelease(ALL, address, value);
    }

    /** Store-release of 16 bits: the tail of a provided buffer ring is a u16. */
    public static void putShortRelease(long address, short value) {
        SHORT.setRelease(ALL, address, value);
    }

    /** Copies; the two ranges may overlap. */
    public static void copy(long from, long to, long bytes) {
        MemorySegment.copy(ALL, from, ALL, to, bytes);
    }

    /** Copies heap bytes out. */
    public static void copy(byte[] from, int offset, long to, int bytes) {
        MemorySegment.copy(from, offset, ALL, ValueLayout.JAVA_BYTE, to, bytes);
    }

    /** Copies off-heap bytes in. */
    public static void copy(long from, byte[] to, int offset, int bytes) {
        MemorySegment.copy(ALL, ValueLayout.JAVA_BYTE, from, to, offset, bytes);
    }

    /** Sets every byte to zero. */
    public static void zero(long address, long bytes) {
        ALL.asSlice(address, bytes).fill((byte) 0);
    }
}
