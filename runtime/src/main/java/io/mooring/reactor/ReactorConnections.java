package io.mooring.reactor;

import io.mooring.api.Connections;
import io.mooring.api.Delivery;
import io.mooring.api.Payload;
import io.mooring.api.SendResult;
import io.mooring.conn.Connection;
import io.mooring.conn.Phase;
import io.mooring.sys.OffHeap;
import io.mooring.topic.Topics;
import io.mooring.ws.CloseCode;
import io.mooring.ws.Opcode;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.Objects;
import java.util.function.Consumer;

/**
 * What handlers see of their reactor. What concerns a connection of another one is posted to that
 * one's mailbox.
 */
final class ReactorConnections implements Connections {
    private final Reactor reactor;

    ReactorConnections(Reactor reactor) {
        this.reactor = reactor;
    }

    @Override
    public SendResult send(long connection, Payload message) {
        Shard shard = reactor.shardOf(connection);
        if (shard == null) {
            return reactor.group.send(connection, opcode(message), message.toBytes());
        }
        int slot = ConnectionId.slot(connection);
        return shard.table.isCurrent(slot, ConnectionId.generation(connection))
            ? shard.sender.send(slot, shard.table.at(slot), message) : SendResult.CLOSED;
    }

    @Override
    public SendResult sendText(long connection, String text) {
        byte[] bytes = Texts.utf8(text);
        return send(connection, Opcode.TEXT, bytes, 0, bytes.length);
    }

    @Override
    public SendResult sendBinary(long connection, byte[] bytes, int offset, int length) {
        return send(connection, Opcode.BINARY, bytes, offset, length);
    }

    SendResult send(long connection, int opcode, byte[] bytes, int offset, int length) {
        Objects.checkFromIndexSize(offset, length, bytes.length);
        Shard shard = reactor.shardOf(connection);
        if (shard == null) {
            byte[] copy = Arrays.copyOfRange(bytes, offset, offset + length);
            return reactor.group.send(connection, opcode, copy);
        }
        int slot = ConnectionId.slot(connection);
        return shard.table.isCurrent(slot, ConnectionId.generation(connection))
            ? shard.sender.send(slot, shard.table.at(slot), opcode, bytes, offset, length)
            : SendResult.CLOSED;
    }

    @Override
    public void close(long connection, int code, String reason) {
        Objects.requireNonNull(reason, "reason; \"\" for none");
        if (!CloseCode.validOnWire(code)) {
            throw new IllegalArgumentException("close code " + code
                + " may not be sent: use 1000 to 1003, 1007 to 1014 or 3000 to 4999");
        }
        Shard shard = reactor.shardOf(connection);
        if (shard == null) {
            reactor.group.close(connection, code, reason);
        } else {
            int slot = ConnectionId.slot(connection);
            if (shard.table.isCurrent(slot, ConnectionId.generation(connection))) {
                shard.closer.startClose(slot, shard.table.at(slot), code, Texts.utf8(reason));
            }
        }
    }

    @Override
    public boolean isOpen(long connection) {
        Shard shard = reactor.shardOf(connection);
        return shard == null ? reactor.group.owner(connection) != null
            : openAt(shard, connection) != 0;
    }

    @Override
    public long attachment(long connection) {
        long c = existingAt(connection);
        return c == 0 ? 0 : Connection.attachment(c);
    }

    @Override
    public void attach(long connection, long value) {
        long c = existingAt(connection);
        if (c != 0) {
            Connection.attachment(c, value);
        }
    }

    @Override
    public InetSocketAddress peer(long connection) {
        long c = existingAt(connection);
        if (c == 0) {
            return null;
        }
        byte[] address = new byte[Connection.PEER_ADDRESS_BYTES];
        OffHeap.copy(c + Connection.PEER_ADDRESS, address, 0, address.length);
        try {
            // An IPv4-mapped address becomes an IPv4 one here.
            return new InetSocketAddress(InetAddress.getByAddress(address), Connection.peerPort(c));
        } catch (UnknownHostException e) {
            throw new AssertionError(e);
        }
    }

    @Override
    public boolean subscribe(long connection, String topic) {
        Shard shard = reactor.shardOf(connection);
        long c = shard == null ? 0 : openAt(shard, connection);
        if (c == 0) {
            return false;
        }
        return switch (reactor.topics.join(shard.place, ConnectionId.slot(connection), c, topic)) {
            case JOINED, ALREADY -> true;
            case LIMIT -> refused(Counter.SUBSCRIPTIONS_REFUSED_LIMIT);
            case FULL -> refused(Counter.SUBSCRIPTIONS_REFUSED_MEMORY);
        };
    }

    private boolean refused(Counter cause) {
        reactor.counters.increment(cause);
        return false;
    }

    @Override
    public boolean unsubscribe(long connection, String topic) {
        Shard shard = reactor.shardOf(connection);
        long c = shard == null ? 0 : openAt(shard, connection);
        return c != 0 && reactor.topics.leave(shard.place, ConnectionId.slot(connection), c, topic);
    }

    @Override
    public SendResult publish(String topic, Payload message, long except) {
        return publish(topic, message, except, null);
    }

    @Override
    public SendResult publish(String topic, Payload message, long except,
        Consumer<Delivery> onDelivered) {
        reactor.checkCaller();
        return published(reactor.group.publish(topic, opcode(message), message.memory(),
            message.offset(), message.length(), except, onDelivered));
    }

    @Override
    public SendResult publish(long subscriber, Payload message, long except) {
        long c = existingAt(subscriber);
        int topic = c == 0 ? 0 : Topics.only(c);
        return topic == 0 ? SendResult.CLOSED : published(reactor.group.publish(topic,
            opcode(message), message.memory(), message.offset(), message.length(), except));
    }

    private static int opcode(Payload message) {
        return message.isText() ? Opcode.TEXT : Opcode.BINARY;
    }

    private SendResult published(SendResult result) {
        reactor.broadcaster.onPublished();
        return result;
    }

    /** The slot's address if the connection is of this reactor and not freed, else 0. */
    private long existingAt(long connection) {
        Shard shard = reactor.shardOf(connection);
        int slot = ConnectionId.slot(connection);
        return shard != null && shard.table.isCurrent(slot, ConnectionId.generation(connection))
            ? shard.table.at(slot) : 0;
    }

    private static long openAt(Shard shard, long connection) {
        int slot = ConnectionId.slot(connection);
        if (!shard.table.isCurrent(slot, ConnectionId.generation(connection))) {
            return 0;
        }
        long c = shard.table.at(slot);
        return Connection.phase(c) == Phase.OPEN ? c : 0;
    }
}
