/**
 * What is known of each connection, off-heap: one cache line in a table, a wheel of deadlines
 * threaded through it, and a pool for the rare rest (partial messages, unsent bytes). Imports
 * {@code sys} and {@code ws}.
 *
 * <p>Everything here belongs to one reactor thread.
 */
package io.mooring.conn;
