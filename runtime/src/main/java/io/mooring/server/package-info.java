/**
 * The server that users start: embedded by {@link io.mooring.server.WebSocketServer}, or from the
 * command line.
 */
package io.mooring.server;
