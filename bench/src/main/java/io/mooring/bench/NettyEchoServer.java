package io.mooring.bench;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
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
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketServerProtocolConfig;
import io.netty.handler.codec.http.websocketx.WebSocketServerProtocolHandler;
import io.netty.util.ReferenceCountUtil;
import java.net.InetSocketAddress;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * The peer to beat: a WebSocket echo on Netty 4.2's native epoll transport, in the pipeline of
 * Netty's own WebSocket server example (codec, aggregator, protocol handler), without compression.
 *
 * <p>What is chosen is what Netty recommends for speed: its default allocator, one event loop group
 * for accepting and serving, TCP_NODELAY, and one flush per read instead of one per message. A
 * frame is written back as it came, with no copy by the handler.
 */
@Command(name = "netty-echo", mixinStandardHelpOptions = true,
        description = "A WebSocket echo server on Netty's native epoll transport.")
public final class NettyEchoServer implements Callable<Integer> {

    private static final int REQUEST_BYTES_MAX = 8 << 10;
    private static final int FRAME_BYTES_MAX = 1 << 20;
    private static final int BACKLOG = 4096;

    @Option(names = "--host", defaultValue = "127.0.0.1", description = "${DEFAULT-VALUE}")
    private String host;

    @Option(names = "--port", defaultValue = "0", description = "0: any free one, printed")
    private int port;

    @Option(names = "--threads", defaultValue = "1", description = "event loops; ${DEFAULT-VALUE}")
    private int threads;

    /** Runs until it is killed. */
    public static void main(String[] args) {
        System.exit(new CommandLine(new NettyEchoServer()).execute(args));
    }

    @Override
    public Integer call() throws InterruptedException {
        Epoll.ensureAvailability();
        EventLoopGroup loops =
                new MultiThreadIoEventLoopGroup(threads, EpollIoHandler.newFactory());
        Channel listener = new ServerBootstrap()
                .group(loops)
                .channel(EpollServerSocketChannel.class)
                .option(ChannelOption.SO_BACKLOG, BACKLOG)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childHandler(new Pipeline())
                .bind(host, port).sync().channel();
        int bound = ((InetSocketAddress) listener.localAddress()).getPort();
        System.out.println("listening on port " + bound);
        listener.closeFuture().sync();
        return 0;
    }

    private static final class Pipeline extends ChannelInitializer<SocketChannel> {

        private final WebSocketServerProtocolConfig config = WebSocketServerProtocolConfig
                .newBuilder()
                .websocketPath("/echo")
                .maxFramePayloadLength(FRAME_BYTES_MAX)
                .build();
        private final Echo echo = new Echo();

        @Override
        protected void initChannel(SocketChannel channel) {
            channel.pipeline().addLast(
                    new HttpServerCodec(),
                    new HttpObjectAggregator(REQUEST_BYTES_MAX),
                    new WebSocketServerProtocolHandler(config),
                    echo);
        }
    }

    @Sharable
    private static final class Echo extends ChannelInboundHandlerAdapter {

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            if (message instanceof WebSocketFrame) {
                context.write(message, context.voidPromise());
            } else {
                ReferenceCountUtil.release(message);
            }
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext context) {
            context.flush();
        }

        /** A peer that goes away with a reset is no news to an echo server. */
        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            context.close();
        }
    }
}
