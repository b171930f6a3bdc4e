package io.mooring.server;

import io.mooring.api.Connections;
import io.mooring.api.Payload;
import io.mooring.api.Request;
import io.mooring.api.SendResult;
import io.mooring.api.WebSocketHandler;

/**
 * {@code /topic/NAME}: subscribes to NAME, and publishes what the client sends to all its other
 * subscribers; with {@code ?self=true} to the client too. The connection's attachment holds that
 * choice; its topic is the one that it has joined.
 */
final class TopicHandler implements WebSocketHandler {
    static final String PREFIX = "/topic/";

    static final String NAME_RULE = "a topic is 1 to 128 of A-Z a-z 0-9 . _ ~ -";

    private static final int NAME_MAX = 128;
    private static final int POLICY_VIOLATION = 1008;
    private static final int TRY_AGAIN_LATER = 1013;
    private static final long SELF = 1;

    @Override
    public void onOpen(Connections connections, long connection, Request request) {
        String name = request.path().substring(PREFIX.length());
        if (!isName(name)) {
            connections.close(connection, POLICY_VIOLATION,
                NAME_RULE);
            return;
        }
        connections.attach(connection, "true".equals(request.parameter("self")) ? SELF : 0);
        if (!connections.subscribe(connection, name)) {
            connections.close(connection, TRY_AGAIN_LATER, "no memory for one topic more");
        }
    }

    @Override
    public void onMessage(Connections connections, long connection, Payload message) {
        long except = connections.attachment(connection) == SELF ? 0 : connection;
        if (connections.publish(connection, message, except) == SendResult.FULL) {
            connections.close(connection, TRY_AGAIN_LATER,
                "too many published frames in flight; publish more slowly");
        }
    }

    static boolean isName(String name) {
        if (name.isEmpty() || name.length() > NAME_MAX) {
            return false;
        }
        for (int i = 0; i < name.length(); i++) {
            char ch = name.charAt(i);
            boolean letter =
                ch >= 'a' && ch <= 'z' || ch >= 'A' && ch <= 'Z' || ch >= '0' && ch <= '9';
            if (!letter && "._~-".indexOf(ch) < 0) {
                return false;
            }
        }
        return true;
    }
}
