package io.mooring.bench.netty;

import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http.websocketx.WebSocketFrameAggregator;
import io.netty.handler.codec.http.websocketx.WebSocketServerProtocolHandler.HandshakeComplete;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Puts in its own place, once the handshake is done, the handler that its path asks for. */
@Sharable
final class Router extends ChannelInboundHandlerAdapter {

    private static final String TOPICS = "/topic/";

    private final Echo echo = new Echo();
    private final Map<String, Topic> topics = new ConcurrentHashMap<>();

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
        if (!(event instanceof HandshakeComplete handshake)) {
            context.fireUserEventTriggered(event);
            return;
        }
        String path = handshake.requestUri();
        ChannelPipeline pipeline = context.pipeline();
        if (path.startsWith(TOPICS)) {
            Topic topic = topics.computeIfAbsent(path.substring(TOPICS.length()),
                    name -> new Topic());
            // Only whole messages may be passed on: fragments of two senders would mix.
            pipeline.addLast(new WebSocketFrameAggregator(PeerServer.FRAME_BYTES_MAX), topic);
            topic.join(context.channel());
        } else if (path.equals("/echo")) {
            pipeline.addLast(echo);
        } else {
            context.close();
            return;
        }
        pipeline.remove(this);
    }

    /** A peer that goes away with a reset is no news. */
    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        context.close();
    }
}
