package io.mooring.bench.zerocopy;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;

/**
 * The receivers, all on one thread: reads and counts. Three ports in a row: control, receivers that
 * read, and receivers with little room that never do. Serves one sender at a time.
 *
 * <p>Control takes a total, eight bytes, and answers with eight once so many have come since it
 * connected.
 */
final class Sink implements AutoCloseable {
    private static final int PORTS = 3;
    private static final int BACKLOG = 4096;
    private static final int READ_BYTES = 256 << 10;
    private static final int ROOM_BYTES = 4 << 20;
    private static final int SLOW_ROOM_BYTES = 4 << 10;

    private final Selector selector;
    private final ServerSocketChannel[] listeners = new ServerSocketChannel[PORTS];
    private final ByteBuffer data = ByteBuffer.allocateDirect(READ_BYTES);
    private final ByteBuffer command = ByteBuffer.allocateDirect(Long.BYTES);
    private final ByteBuffer answer = ByteBuffer.allocateDirect(Long.BYTES);
    private final int port;
    private SocketChannel control;
    private long total;
    private long awaited = Long.MAX_VALUE;

    /** What a key stands for: which listener, or which listener's connection. */
    private record Role(int place, boolean listens) {
    }

    /** Binds {@code port} and the next two; 0: three free ones in a row. */
    Sink(String host, int port) throws IOException {
        this.selector = Selector.open();
        int first = port == 0 ? freePort(host) : port;
        for (int i = 0; i < PORTS; i++) {
            ServerSocketChannel listener = ServerSocketChannel.open();
            listener.setOption(StandardSocketOptions.SO_REUSEADDR, true);
            listener.setOption(StandardSocketOptions.SO_RCVBUF,
                    i == 2 ? SLOW_ROOM_BYTES : ROOM_BYTES);
            listener.bind(new InetSocketAddress(host, first + i), BACKLOG);
            listener.configureBlocking(false);
            listener.register(selector, SelectionKey.OP_ACCEPT, new Role(i, true));
            listeners[i] = listener;
        }
        this.port = first;
    }

    private static int freePort(String host) throws IOException {
        try (ServerSocketChannel probe = ServerSocketChannel.open()) {
            probe.bind(new InetSocketAddress(host, 0));
            return Math.min(((InetSocketAddress) probe.getLocalAddress()).getPort(),
                    65_535 - PORTS);
        }
    }

    /** The first of the three. */
    int port() {
        return port;
    }

    /** Serves until interrupted or closed. */
    void run() throws IOException {
        while (selector.isOpen() && !Thread.interrupted()) {
            selector.select(this::on);
            if (total >= awaited) {
                awaited = Long.MAX_VALUE;
                answer.clear().putLong(total).flip();
                control.write(answer);
            }
        }
    }

    private void on(SelectionKey key) {
        Role role = (Role) key.attachment();
        try {
            if (role.listens) {
                accept(role.place);
            } else if (role.place == 0) {
                onControl();
            } else {
                onData(key);
            }
        } catch (IOException e) {
            drop(key, role);
        }
    }

    private void accept(int place) throws IOException {
        SocketChannel channel = listeners[place].accept();
        if (channel == null) {
            return;
        }
        channel.configureBlocking(false);
        if (place == 0) {
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            dropSlow(); // of the sender before, reset by now
            control = channel;
            total = 0;
            awaited = Long.MAX_VALUE;
        }
        channel.register(selector, place < 2 ? SelectionKey.OP_READ : 0, new Role(place, false));
    }

    private void onControl() throws IOException {
        if (control.read(command) < 0) {
            throw new IOException("the sender is gone");
        }
        if (command.hasRemaining()) {
            return;
        }
        awaited = command.flip().getLong();
        command.clear();
    }

    private void onData(SelectionKey key) throws IOException {
        int count = ((SocketChannel) key.channel()).read(data.clear());
        if (count < 0) {
            throw new IOException("end");
        }
        total += count;
    }

    private void dropSlow() {
        for (SelectionKey key : selector.keys()) {
            Role role = (Role) key.attachment();
            if (role.place == 2 && !role.listens && key.isValid()) {
                drop(key, role);
            }
        }
    }

    private void drop(SelectionKey key, Role role) {
        key.cancel();
        try {
            key.channel().close();
        } catch (IOException e) {
            // It is gone all the same.
        }
        if (role.place == 0) {
            command.clear();
        }
    }

    @Override
    public void close() throws IOException {
        for (SelectionKey key : selector.keys()) {
            key.channel().close();
        }
        selector.close();
    }
}
