/**
 * The kernel as seen from Java: system calls by FFM, the ABI's constants and structure offsets,
 * off-heap memory, and a probe of what this kernel offers. Imports nothing of the project.
 *
 * <p>Calls return {@code >= 0} or {@code -errno}; only set-up throws ({@link
 * io.mooring.sys.SetupException}).
 */
package io.mooring.sys;
