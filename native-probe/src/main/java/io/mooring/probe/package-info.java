/**
 * The outside witness: reads what a process, its sockets and its rings cost in user and kernel
 * memory, and says how it knows.
 *
 * <p>It measures the runtime and must not share its mistakes. So it depends on nothing of it: no
 * class, no constant, no binding; where it needs a system call, it makes it through JNA, while the
 * runtime uses FFM. It reads any process, not only Mooring's.
 */
package io.mooring.probe;
