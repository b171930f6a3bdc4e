package io.mooring.bench.zerocopy;

import io.mooring.bench.BenchException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;

/** The sender's connection to the sink's control port. */
final class Control implements AutoCloseable {
    private final SocketChannel channel;
    private final ByteBuffer command = ByteBuffer.allocateDirect(Long.BYTES);
    private final ByteBuffer answer = ByteBuffer.allocateDirect(Long.BYTES);
    private long total;

    Control(InetSocketAddress sink) {
        try {
            channel = SocketChannel.open(sink);
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
        } catch (IOException e) {
            throw new BenchException("no sink at " + sink + ": " + e.getMessage()
                    + "; start one there: ./mooring bench zerocopy --sink");
        }
    }

    /** Waits until the sink has read {@code bytes} more. */
    void await(long bytes) {
        total += bytes;
        try {
            say(total);
            answer.clear();
            while (answer.hasRemaining()) {
                if (channel.read(answer) < 0) {
                    throw new IOException("closed");
                }
            }
        } catch (IOException e) {
            throw new BenchException("the sink is gone: " + e.getMessage());
        }
    }

    private void say(long value) throws IOException {
        command.clear().putLong(value).flip();
        while (command.hasRemaining()) {
            channel.write(command);
        }
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            // It is gone all the same.
        }
    }
}
