package io.mooring.bench;

import io.mooring.bench.netty.PeerServer;
import io.mooring.bench.netty.Transport;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.uring.IoUring;
import io.netty.channel.uring.IoUringAdaptiveBufferRingAllocator;
import io.netty.channel.uring.IoUringBufferRingConfig;
import io.netty.channel.uring.IoUringChannelOption;
import io.netty.channel.uring.IoUringIoHandler;
import io.netty.channel.uring.IoUringIoHandlerConfig;
import io.netty.channel.uring.IoUringServerSocketChannel;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The peers on Netty 4.2: its own three transports under one server. */
@Command(name = "netty", mixinStandardHelpOptions = true,
        description = "A WebSocket server on Netty 4.2: /echo and /topic/NAME.")
public final class NettyMain implements Callable<Integer> {

    /** Names as users write them. */
    enum Kind { nio, epoll, io_uring }

    private static final short BUFFER_GROUP = 1;
    private static final short BUFFERS = 1024;
    private static final int BUFFERS_AT_ONCE = 256;
    private static final int COMPLETIONS_MIN = 4096;
    private static final int COMPLETIONS_MAX = 65_536;

    @Option(names = "--transport", required = true, description = "${COMPLETION-CANDIDATES}")
    private Kind kind;

    /** 0 is Netty's default: a receive for each read, into a buffer of its own. */
    @Option(names = "--buffer-ring", defaultValue = "" + BUFFERS, paramLabel = "N",
            description = "io_uring: receive into a ring of so many buffers, multishot; 0: none;"
                    + " ${DEFAULT-VALUE}")
    private short buffers;

    @Mixin
    private PeerServer server;

    /** Runs until it is killed. */
    public static void main(String[] args) {
        System.exit(new CommandLine(new NettyMain()).execute(args));
    }

    @Override
    public Integer call() throws InterruptedException {
        return server.run(this::transport);
    }

    private Transport transport() {
        return switch (kind) {
            case nio -> new Transport(loops(NioIoHandler.newFactory()),
                    NioServerSocketChannel.class);
            case epoll -> {
                Epoll.ensureAvailability();
                yield new Transport(loops(EpollIoHandler.newFactory()),
                        EpollServerSocketChannel.class);
            }
            case io_uring -> ioUring();
        };
    }

    private MultiThreadIoEventLoopGroup loops(IoHandlerFactory factory) {
        return new MultiThreadIoEventLoopGroup(server.threads(), factory);
    }

    /**
     * With a completion for each connection at once, which is what a broadcast makes, and a buffer
     * ring: Netty receives by multishot only with one.
     */
    private Transport ioUring() {
        IoUring.ensureAvailability();
        IoUringIoHandlerConfig config = new IoUringIoHandlerConfig();
        int completions = Math.clamp(server.connections(), COMPLETIONS_MIN, COMPLETIONS_MAX);
        config.setCqSize(Integer.highestOneBit(2 * completions - 1));
        boolean ring = buffers > 0 && IoUring.isRegisterBufferRingSupported();
        if (ring) {
            config.setBufferRingConfig(IoUringBufferRingConfig.builder()
                    .bufferGroupId(BUFFER_GROUP)
                    .bufferRingSize(buffers)
                    .batchSize(Math.min(BUFFERS_AT_ONCE, buffers))
                    .incremental(IoUring.isRegisterBufferRingIncSupported())
                    .allocator(new IoUringAdaptiveBufferRingAllocator())
                    .build());
        }
        return new Transport(loops(IoUringIoHandler.newFactory(config)),
                IoUringServerSocketChannel.class,
                bootstrap -> {
                    if (ring) {
                        bootstrap.childOption(IoUringChannelOption.IO_URING_BUFFER_GROUP_ID,
                                BUFFER_GROUP);
                    }
                });
    }
}
