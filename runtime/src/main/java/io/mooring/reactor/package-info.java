/**
 * The data path. Read {@link io.mooring.reactor.Reactor} first: its loop is the whole story. Then,
 * as the data flows: Acceptor, Receiver, FrameReader, Sender, Broadcaster, Closer.
 *
 * <p>A reactor is one thread; it owns one or more {@link io.mooring.reactor.Shard shards}, and
 * everything that hangs on them. Other threads reach it through its {@link
 * io.mooring.reactor.Mailbox} only. Imports ring, ws, frame, conn, api (and the off-heap accessors
 * of sys, over which those are written).
 */
package io.mooring.reactor;
