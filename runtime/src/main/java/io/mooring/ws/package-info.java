/**
 * RFC 6455 as pure functions: bytes in, decisions out.
 *
 * <p>Nothing here knows a socket, a ring or a connection, and nothing is imported but the JDK, so
 * every rule can be tested with an array of bytes. Memory is always the pair
 * {@code (MemorySegment mem, long offset)}; lengths and positions are bytes. On the data path
 * ({@link io.mooring.ws.FrameDecoder}, {@link io.mooring.ws.FrameEncoder},
 * {@link io.mooring.ws.Mask}, {@link io.mooring.ws.Utf8}, {@link io.mooring.ws.ClosePayload})
 * nothing is allocated, and a test measures it.
 *
 * <p>A process that must be fast should pass native segments only: once it has passed both kinds,
 * every access has to ask which one it got, and unmasking was up to three times as slow.
 *
 * <p>Errors are returned, not thrown: a peer's mistake is a negated close code (frames) or an HTTP
 * status (handshake). Exceptions mean that the caller is wrong.
 */
package io.mooring.ws;
