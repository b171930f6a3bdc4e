package io.mooring.bench;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.ChannelMatchers;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.handler.codec.http.websocketx.TextWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketServerProtocolHandler.HandshakeComplete;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/**
 * The peer to beat at broadcast: a {@link ChannelGroup} on Netty 4.2's native epoll transport, and
 * what a member sends goes to all the others.
 *
 * <p>At its best: the message is encoded once, into a direct buffer, and each channel writes a
 * duplicate of it that shares the bytes (what the group does with any buffer), so that the
 * WebSocket encoder neither copies nor allocates a header for each receiver, and the transport
 * hands that one address to the kernel. Void promises, so that nothing is allocated to tell of each
 * write's end. The walk runs on the event loop that owns the channels: no write is a task.
 */
@Command(name = "netty-broadcast", mixinStandardHelpOptions = true,
        description = "One topic for all WebSockets, on Netty's native epoll transport.")
public final class NettyBroadcastServer implements Callable<Integer> {

    private static final int HEADER_BYTES_MAX = 10;
    private static final int LENGTH_16 = 126;
    private static final int LENGTH_64 = 127;
    private static final int FINAL_TEXT = 0x81;
    private static final int FINAL_BINARY = 0x82;

    @Mixin
    private NettyServer server;

    /** Runs until it is killed. */
    public static void main(String[] args) {
        System.exit(new CommandLine(new NettyBroadcastServer()).execute(args));
    }

    @Override
    public Integer call() throws InterruptedException {
        server.run("/topic", new Topic());
        return 0;
    }

    @Sharable
    private static final class Topic extends ChannelInboundHandlerAdapter {

        private final ChannelGroup members =
                new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);

        @Override
        public void userEventTriggered(ChannelHandlerContext context, Object event) {
            if (event instanceof HandshakeComplete) {
                members.add(context.channel());
            }
        }

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            try {
                if (message instanceof WebSocketFrame frame) {
                    members.writeAndFlush(encode(context, frame),
                            ChannelMatchers.isNot(context.channel()), true);
                }
            } finally {
                ReferenceCountUtil.release(message);
            }
        }

        private static ByteBuf encode(ChannelHandlerContext context, WebSocketFrame frame) {
            ByteBuf payload = frame.content();
            int length = payload.readableBytes();
            ByteBuf encoded = context.alloc().directBuffer(HEADER_BYTES_MAX + length);
            encoded.writeByte(frame instanceof TextWebSocketFrame ? FINAL_TEXT : FINAL_BINARY);
            if (length < LENGTH_16) {
                encoded.writeByte(length);
            } else if (length <= 0xffff) {
                encoded.writeByte(LENGTH_16).writeShort(length);
            } else {
                encoded.writeByte(LENGTH_64).writeLong(length);
            }
            return encoded.writeBytes(payload);
        }

        /** A peer that goes away with a reset is no news to the others. */
        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            context.close();
        }
    }
}
