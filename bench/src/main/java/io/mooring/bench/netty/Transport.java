package io.mooring.bench.netty;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.ServerChannel;
import java.util.function.Consumer;

/**
 * How bytes come and go.
 *
 * @param loops accepts and serves
 * @param more options that only this transport has
 */
public record Transport(EventLoopGroup loops, Class<? extends ServerChannel> listener,
        Consumer<ServerBootstrap> more) {

    /** One without options of its own. */
    public Transport(EventLoopGroup loops, Class<? extends ServerChannel> listener) {
        this(loops, listener, bootstrap -> { });
    }
}
