package io.mooring.bench.netty;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.socket.SocketChannel;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.websocketx.WebSocketServerProtocolConfig;
import io.netty.handler.codec.http.websocketx.WebSocketServerProtocolHandler;
import java.net.InetSocketAddress;
import java.util.function.Supplier;
import picocli.CommandLine.Option;

/**
 * A WebSocket server with {@code /echo} and {@code /topic/NAME} on any of Netty's transports: the
 * pipeline of Netty's own WebSocket server example (codec, aggregator, protocol handler), without
 * compression.
 *
 * <p>What is chosen is what Netty recommends for speed: its default allocator, one event loop group
 * for accepting and serving, TCP_NODELAY, one flush for all that a read brought.
 */
public final class PeerServer {

    static final int FRAME_BYTES_MAX = 1 << 20;
    private static final int REQUEST_BYTES_MAX = 8 << 10;
    private static final int BACKLOG = 4096;

    @Option(names = "--host", defaultValue = "127.0.0.1", description = "${DEFAULT-VALUE}")
    private String host;

    @Option(names = "--port", defaultValue = "0", description = "0: any free one, printed")
    private int port;

    @Option(names = "--threads", defaultValue = "1", description = "event loops; ${DEFAULT-VALUE}")
    private int threads;

    @Option(names = "--connections", defaultValue = "1000", paramLabel = "N",
            description = "how many to expect; ${DEFAULT-VALUE}")
    private int connections;

    /** Event loops that the transport shall have. */
    public int threads() {
        return threads;
    }

    /** As many are to be expected at once: what a transport sizes its queues by. */
    public int connections() {
        return connections;
    }

    /**
     * Serves until the process is killed; returns 1 where this machine has no such transport, and
     * says in one line why, which is what the bench then shows.
     */
    public int run(Supplier<Transport> transport) throws InterruptedException {
        try {
            serve(transport.get());
            return 0;
        } catch (UnsatisfiedLinkError e) {
            Throwable cause = e;
            while (cause.getCause() != null) {
                cause = cause.getCause();
            }
            System.err.println("Netty cannot have this transport here: " + cause.getMessage());
            return 1;
        }
    }

    private void serve(Transport transport) throws InterruptedException {
        ServerBootstrap bootstrap = new ServerBootstrap()
                .group(transport.loops())
                .channel(transport.listener())
                .option(ChannelOption.SO_BACKLOG, BACKLOG)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childHandler(new Pipeline());
        transport.more().accept(bootstrap);
        Channel listener = bootstrap.bind(host, port).sync().channel();
        int bound = ((InetSocketAddress) listener.localAddress()).getPort();
        System.out.println("listening on port " + bound);
        listener.closeFuture().sync();
    }

    private static final class Pipeline extends ChannelInitializer<SocketChannel> {

        private final WebSocketServerProtocolConfig config =
                WebSocketServerProtocolConfig.newBuilder()
                        .websocketPath("/")
                        .checkStartsWith(true)
                        .maxFramePayloadLength(FRAME_BYTES_MAX)
                        .build();
        private final Router router = new Router();

        @Override
        protected void initChannel(SocketChannel channel) {
            channel.pipeline().addLast(
                    new HttpServerCodec(),
                    new HttpObjectAggregator(REQUEST_BYTES_MAX),
                    new WebSocketServerProtocolHandler(config),
                    router);
        }
    }
}
