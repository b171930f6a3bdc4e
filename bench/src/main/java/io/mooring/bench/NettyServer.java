package io.mooring.bench;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.socket.SocketChannel;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.websocketx.WebSocketServerProtocolConfig;
import io.netty.handler.codec.http.websocketx.WebSocketServerProtocolHandler;
import java.net.InetSocketAddress;
import picocli.CommandLine.Option;

/**
 * What the peers on Netty 4.2's native epoll transport share: its options, and the pipeline of
 * Netty's own WebSocket server example (codec, aggregator, protocol handler), without compression.
 *
 * <p>What is chosen is what Netty recommends for speed: its default allocator, one event loop group
 * for accepting and serving, TCP_NODELAY.
 */
final class NettyServer {

    private static final int REQUEST_BYTES_MAX = 8 << 10;
    private static final int FRAME_BYTES_MAX = 1 << 20;
    private static final int BACKLOG = 4096;

    @Option(names = "--host", defaultValue = "127.0.0.1", description = "${DEFAULT-VALUE}")
    private String host;

    @Option(names = "--port", defaultValue = "0", description = "0: any free one, printed")
    private int port;

    @Option(names = "--threads", defaultValue = "1", description = "event loops; ${DEFAULT-VALUE}")
    private int threads;

    /** Serves paths that begin with {@code path} until the process is killed. */
    void run(String path, ChannelHandler handler) throws InterruptedException {
        Epoll.ensureAvailability();
        EventLoopGroup loops =
                new MultiThreadIoEventLoopGroup(threads, EpollIoHandler.newFactory());
        Channel listener = new ServerBootstrap()
                .group(loops)
                .channel(EpollServerSocketChannel.class)
                .option(ChannelOption.SO_BACKLOG, BACKLOG)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childHandler(new Pipeline(path, handler))
                .bind(host, port).sync().channel();
        int bound = ((InetSocketAddress) listener.localAddress()).getPort();
        System.out.println("listening on port " + bound);
        listener.closeFuture().sync();
    }

    private static final class Pipeline extends ChannelInitializer<SocketChannel> {

        private final WebSocketServerProtocolConfig config;
        private final ChannelHandler handler;

        Pipeline(String path, ChannelHandler handler) {
            this.config = WebSocketServerProtocolConfig.newBuilder()
                    .websocketPath(path)
                    .checkStartsWith(true)
                    .maxFramePayloadLength(FRAME_BYTES_MAX)
                    .build();
            this.handler = handler;
        }

        @Override
        protected void initChannel(SocketChannel channel) {
            channel.pipeline().addLast(
                    new HttpServerCodec(),
                    new HttpObjectAggregator(REQUEST_BYTES_MAX),
                    new WebSocketServerProtocolHandler(config),
                    handler);
        }
    }
}
