package io.mooring.server;

import io.mooring.api.Connections;
import io.mooring.api.Payload;
import io.mooring.api.Request;
import io.mooring.api.WebSocketHandler;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/** An echo that keeps what its connections went through. */
final class Recorder implements WebSocketHandler {
    private final List<Long> opened = new CopyOnWriteArrayList<>();
    private final Map<Long, String> reactors = new ConcurrentHashMap<>();
    private final Map<Long, Integer> peerPorts = new ConcurrentHashMap<>();
    private final Map<Long, List<Integer>> closeCodes = new ConcurrentHashMap<>();
    private final List<String> messages = new CopyOnWriteArrayList<>();

    @Override
    public void onOpen(Connections connections, long connection, Request request) {
        reactors.put(connection, Thread.currentThread().getName());
        peerPorts.put(connection, connections.peer(connection).getPort());
        opened.add(connection);
    }

    @Override
    public void onMessage(Connections connections, long connection, Payload message) {
        if (message.length() < 100) {
            messages.add(message.toText());
        }
        connections.send(connection, message);
    }

    @Override
    public void onClose(Connections connections, long connection, int code) {
        closeCodes.computeIfAbsent(connection, key -> new CopyOnWriteArrayList<>()).add(code);
    }

    /** All connections so far, in the order of their onOpen. */
    List<Long> opened() {
        return opened;
    }

    /** The server's name for the client's connection. */
    long connectionOf(RawClient client) {
        Await.until("onOpen has been called", () -> peerPorts.containsValue(client.localPort()));
        for (long connection : opened.reversed()) {
            if (peerPorts.get(connection) == client.localPort()) {
                return connection;
            }
        }
        throw new AssertionError("no connection from port " + client.localPort());
    }

    /** The name of the reactor thread that owns it. */
    String reactorOf(long connection) {
        return reactors.get(connection);
    }

    /** The codes that onClose was called with, once it has been called. */
    List<Integer> awaitClose(long connection) {
        Await.until("onClose has been called", () -> closeCodes.containsKey(connection));
        return closeCodes.get(connection);
    }

    List<String> messages() {
        return messages;
    }

    /** Every connection that was opened has been closed, once. */
    void checkEachClosedOnce() {
        for (long connection : opened) {
            List<Integer> codes = closeCodes.getOrDefault(connection, List.of());
            if (codes.size() != 1) {
                throw new AssertionError("connection " + Long.toHexString(connection)
                    + " was closed with " + codes);
            }
        }
        if (closeCodes.size() != opened.size()) {
            throw new AssertionError(opened.size() + " opened, " + closeCodes.size() + " closed");
        }
    }
}
