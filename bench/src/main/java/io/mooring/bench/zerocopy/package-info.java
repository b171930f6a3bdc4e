/**
 * {@code bench zerocopy}: what a broadcast costs its sender with SEND and with SEND_ZC from
 * registered memory. Read {@link io.mooring.bench.zerocopy.Measure} first.
 */
package io.mooring.bench.zerocopy;
