package io.mooring.server;

import io.mooring.api.Connections;
import io.mooring.api.Payload;
import io.mooring.api.SendResult;
import io.mooring.api.WebSocketHandler;

/** Sends each message back. */
final class EchoHandler implements WebSocketHandler {
    private static final int TRY_AGAIN_LATER = 1013;

    @Override
    public void onMessage(Connections connections, long connection, Payload message) {
        if (connections.send(connection, message) == SendResult.FULL) {
            // A connection whose output is behind is not read from, so only a lack of memory leads
            // here.
            connections.close(connection, TRY_AGAIN_LATER, "no memory to send this back");
        }
    }
}
