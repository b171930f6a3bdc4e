/**
 * {@code mooring million}: a server and a swarm of clients as two processes, and what so many
 * connections cost. Read {@link io.mooring.bench.million.MillionRun} first: it is the course of
 * events.
 */
package io.mooring.bench.million;
