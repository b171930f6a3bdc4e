package io.mooring.bench.incubator;

import io.mooring.bench.netty.PeerServer;
import io.mooring.bench.netty.Transport;
import io.netty.incubator.channel.uring.IOUring;
import io.netty.incubator.channel.uring.IOUringEventLoopGroup;
import io.netty.incubator.channel.uring.IOUringServerSocketChannel;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** The peer on Netty 4.1 with the io_uring transport of Netty's incubator, as its README has it. */
@Command(name = "netty-incubator", mixinStandardHelpOptions = true,
        description = "A WebSocket server on the incubator's io_uring: /echo and /topic/NAME.")
public final class IncubatorMain implements Callable<Integer> {

    @Mixin
    private PeerServer server;

    /** Runs until it is killed. */
    public static void main(String[] args) {
        System.exit(new CommandLine(new IncubatorMain()).execute(args));
    }

    @Override
    public Integer call() throws InterruptedException {
        return server.run(this::transport);
    }

    private Transport transport() {
        IOUring.ensureAvailability();
        return new Transport(new IOUringEventLoopGroup(server.threads()),
                IOUringServerSocketChannel.class);
    }
}
