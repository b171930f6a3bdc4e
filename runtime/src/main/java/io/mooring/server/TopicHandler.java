package io.mooring.server;

import io.mooring.api.Connections;
import io.mooring.api.Payload;
import io.mooring.api.Request;
import io.mooring.api.SendResult;
import io.mooring.api.WebSocketHandler;

/**
 * {@code /topic/NAME}: subscribes to NAME, and publishes what the client sends to all its other
 * subscribers; with {@code ?self=true} to the client too. The connection's attachment holds the
 * name's number and that choice.
 */
final class TopicHandler implements WebSocketHandler {
    static final String PREFIX = "/topic/";

    private static final int NAME_MAX = 128;
    private static final int POLICY_VIOLATION = 1008;
    private static final int TRY_AGAIN_LATER = 1013;
    private static final long SELF = 1L << 32;

    private final TopicNames names = new TopicNames();

    @Override
    public void onOpen(Connections connections, long connection, Request request) {
        String name = request.path().substring(PREFIX.length());
        if (!isName(name)) {
            connections.close(connection, POLICY_VIOLATION,
                "a topic is 1 to 128 of A-Z a-z 0-9 . _ ~ -");
            return;
        }
        long self = "true".equals(request.parameter("self")) ? SELF : 0;
        connections.attach(connection, names.hold(name) | self);
        connections.subscribe(connection, name);
    }

    @Override
    public void onMessage(Connections connections, long connection, Payload message) {
        long attachment = connections.attachment(connection);
        String name = names.name((int) attachment);
        long except = (attachment & SELF) != 0 ? 0 : connection;
        if (connections.publish(name, message, except) == SendResult.FULL) {
            connections.close(connection, TRY_AGAIN_LATER,
                "too many published frames in flight; publish more slowly");
        }
    }

    @Override
    public void onClose(Connections connections, long connection, int code) {
        int number = (int) connections.attachment(connection);
        if (number != 0) {
            names.release(number);
        }
    }

    private static boolean isName(String name) {
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
