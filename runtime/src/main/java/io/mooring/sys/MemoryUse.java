package io.mooring.sys;

/**
 * What one object holds off the heap, by its own count.
 *
 * @param mapped bytes of address space
 * @param touched bytes of whole pages that may take memory: an upper bound, for what a page holds
 *     is known here, and whether the kernel has taken it away (swap) is not
 * @param used bytes of it that are somebody's now
 */
public record MemoryUse(long mapped, long touched, long used) {
    public static final MemoryUse NONE = new MemoryUse(0, 0, 0);

    public MemoryUse plus(MemoryUse other) {
        return new MemoryUse(mapped + other.mapped, touched + other.touched, used + other.used);
    }
}
