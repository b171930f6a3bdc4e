/**
 * How much memory there is for more connections, by three accounts that end a server if overdrawn:
 * the machine's, the control group's and TCP's own.
 */
package io.mooring.memory;
