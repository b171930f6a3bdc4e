package io.mooring.bench;

import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import io.netty.util.ReferenceCountUtil;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/**
 * The peer to beat: a WebSocket echo on Netty 4.2's native epoll transport. One flush per read
 * instead of one per message; a frame is written back as it came, with no copy by the handler.
 */
@Command(name = "netty-echo", mixinStandardHelpOptions = true,
        description = "A WebSocket echo server on Netty's native epoll transport.")
public final class NettyEchoServer implements Callable<Integer> {

    @Mixin
    private NettyServer server;

    /** Runs until it is killed. */
    public static void main(String[] args) {
        System.exit(new CommandLine(new NettyEchoServer()).execute(args));
    }

    @Override
    public Integer call() throws InterruptedException {
        server.run("/echo", new Echo());
        return 0;
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
