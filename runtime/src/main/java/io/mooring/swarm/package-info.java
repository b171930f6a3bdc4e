/**
 * The load generator: very many WebSocket clients in one process, against any server. Read {@code
 * Worker} first, which is its loop; {@code Swarm} is what others call.
 *
 * <p>A worker is a thread, a shard one ring of it with its direct descriptors, a connection 32
 * bytes. All that comes is verified on the fly and counted; nothing is put together first.
 */
package io.mooring.swarm;
