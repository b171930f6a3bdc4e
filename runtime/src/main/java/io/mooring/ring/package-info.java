/**
 * io_uring without liburing: the ring, its two queues, one {@code prepX} per operation, provided
 * buffers, direct descriptors and registered buffers. Imports {@code sys} only.
 *
 * <p>Everything here belongs to the one thread that created the ring (SINGLE_ISSUER): the kernel
 * refuses any other with EEXIST, or, where the ring is registered, looks its number up among that
 * thread's own rings.
 */
package io.mooring.ring;
