/**
 * Frames that are built once and sent to many. Imports {@code ws} (and, with registered memory,
 * {@code ring}).
 */
package io.mooring.frame;
