package io.mooring.sys;

/**
 * What one object holds off the heap, by its own count.
 *
 * @param mapped bytes of address space
 * @param touched bytes of whole pages that take memory, as far as the object knows: what the kernel
 *     has swapped out is still counted, and so is a page of which less was used than thought
 * @param used bytes of it that are somebody's now
 */
public record MemoryUse(long mapped, long touched, long used) {
    public static final MemoryUse NONE = new MemoryUse(0, 0, 0);

    public MemoryUse plus(MemoryUse other) {
        return new MemoryUse(mapped + other.mapped, touched + other.touched, used + other.used);
    }
}
