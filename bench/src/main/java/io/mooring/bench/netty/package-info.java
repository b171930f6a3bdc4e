/**
 * The peers on Netty: a WebSocket server that is compiled twice, against Netty 4.2 here and against
 * 4.1 in {@code bench/netty-incubator}, so that its transports are all that differs. So it may use
 * only what both have.
 */
package io.mooring.bench.netty;
