package io.mooring.bench.netty;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.ChannelMatchers;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.handler.codec.http.websocketx.TextWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.GlobalEventExecutor;

/**
 * A {@link ChannelGroup}: what a member sends goes to all the others.
 *
 * <p>At its best: the message is encoded once, into a direct buffer, and each channel writes a
 * duplicate of it that shares the bytes (what the group does with any buffer), so that the
 * WebSocket encoder neither copies nor allocates a header for each receiver, and the transport
 * hands that one address to the kernel. Void promises, so that nothing is allocated to tell of each
 * write's end. The walk runs on the event loop that owns the channels: no write is a task.
 */
@Sharable
final class Topic extends ChannelInboundHandlerAdapter {

    private static final int HEADER_BYTES_MAX = 10;
    private static final int LENGTH_16 = 126;
    private static final int LENGTH_64 = 127;
    private static final int FINAL_TEXT = 0x81;
    private static final int FINAL_BINARY = 0x82;

    private final ChannelGroup members = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);

    /** Until it closes. */
    void join(Channel channel) {
        members.add(channel);
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
