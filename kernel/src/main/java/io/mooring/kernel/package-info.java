/**
 * The machine's side of a million connections: whether this kernel, its limits and its memory can
 * hold them (doctor, plan), and what to set so that they can (tune), each change shown first and
 * revertible.
 *
 * <p>It reads the machine and knows no reactor: what it says holds before a server was ever
 * started.
 */
package io.mooring.kernel;
