package io.mooring.server;

import io.mooring.api.Delivery;
import io.mooring.api.HttpHandler;
import io.mooring.api.HttpPostHandler;
import io.mooring.api.HttpReply;
import io.mooring.api.Routes;
import io.mooring.api.SendResult;
import io.mooring.api.SlowReceivers;
import io.mooring.api.WebSocketHandler;
import io.mooring.memory.Machine;
import io.mooring.memory.Reserve;
import io.mooring.reactor.Admission;
import io.mooring.reactor.Arming;
import io.mooring.reactor.Listener;
import io.mooring.reactor.ReactorConfig;
import io.mooring.reactor.ReactorGroup;
import io.mooring.sys.KernelFeatures;
import io.mooring.sys.Limits;
import io.mooring.sys.OffHeap;
import io.mooring.sys.SetupException;
import io.mooring.ws.CloseCode;
import io.mooring.ws.Opcode;
import io.mooring.ws.OriginPolicy;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/**
 * A WebSocket server in this process. {@link #builder()}, paths, {@link Builder#start()}; then
 * connections come to the handlers, on the reactors' threads. The methods here may be called from
 * any thread.
 */
public final class WebSocketServer implements AutoCloseable {
    private static final Logger LOG = System.getLogger("io.mooring");
    private static final int RING_FILES_MAX = 1 << 20;
    private static final int SLOTS_SPARE = 96;
    private static final int CONNECTIONS_DEFAULT = 100_000;
    private static final int KIB = 1024;
    private static final Duration CLOSE_DRAIN = Duration.ofSeconds(5);

    private final ReactorGroup group;
    private final KernelFeatures features;
    private final int port;
    private final MemoryAdmission memory;
    private final TcpPace pace;
    private Boolean stoppedCleanly;

    private WebSocketServer(ReactorGroup group, KernelFeatures features, int port,
        MemoryAdmission memory, TcpPace pace) {
        this.group = group;
        this.features = features;
        this.port = port;
        this.memory = memory;
        this.pace = pace;
    }

    public static Builder builder() {
        return new Builder();
    }

    /** The port that is listened on. */
    public int port() {
        return port;
    }

    /** Connections held now, handshakes under way included. */
    public int connections() {
        return group.admission().open();
    }

    /** What the kernel offers, and so what is used. */
    public KernelFeatures features() {
        return features;
    }

    /**
     * Sends text. QUEUED says that it is on its way to the connection's reactor, not that the peer
     * has it.
     */
    public SendResult sendText(long connection, String text) {
        return group.send(connection, Opcode.TEXT, text.getBytes(StandardCharsets.UTF_8));
    }

    /** Sends bytes; they are copied. */
    public SendResult sendBinary(long connection, byte[] bytes) {
        return group.send(connection, Opcode.BINARY, bytes.clone());
    }

    /**
     * Starts the closing handshake.
     *
     * @return false if the mailbox of the connection's reactor is full: try again later
     * @throws IllegalArgumentException for a code that may not be sent (RFC 6455 section 7.4)
     */
    public boolean close(long connection, int code, String reason) {
        if (!CloseCode.validOnWire(code)) {
            throw new IllegalArgumentException("close code " + code
                + " may not be sent: use 1000 to 1003, 1007 to 1014 or 3000 to 4999");
        }
        return group.close(connection, code,
            Objects.requireNonNull(reason, "reason; \"\" for none"));
    }

    /**
     * Sends text to every subscriber of a topic. FULL: frames in flight are at their limit, and
     * nothing was sent; try again later.
     */
    public SendResult publishText(String topic, String text) {
        return publishText(topic, text, null);
    }

    /**
     * The same, and tells what became of it, once that is known of every subscriber.
     *
     * @param onDelivered called once, on some reactor's thread, maybe before this returns, and must
     *     not block; not called if the result is not QUEUED
     */
    public SendResult publishText(String topic, String text, Consumer<Delivery> onDelivered) {
        return publish(topic, Opcode.TEXT, text.getBytes(StandardCharsets.UTF_8), onDelivered);
    }

    /** Sends bytes to every subscriber of a topic. */
    public SendResult publishBinary(String topic, byte[] bytes) {
        return publish(topic, Opcode.BINARY, bytes, null);
    }

    /** The same, and tells what became of it. */
    public SendResult publishBinary(String topic, byte[] bytes, Consumer<Delivery> onDelivered) {
        return publish(topic, Opcode.BINARY, bytes, onDelivered);
    }

    private SendResult publish(String topic, int opcode, byte[] bytes,
        Consumer<Delivery> onDelivered) {
        return group.publish(topic, opcode, MemorySegment.ofArray(bytes), 0, bytes.length, 0,
            onDelivered);
    }

    /** Every counter, as {@code GET /metrics} gives it: OpenMetrics text. */
    public String metrics() {
        return Metrics.text(group, memory.watch(), pace.pace());
    }

    /**
     * Stops: no more connections, 1001 to those there are, and at the deadline whatever is left is
     * cut.
     *
     * @return whether every connection had ended by then; the same when called again
     * @throws IllegalStateException on a reactor's thread, in a handler, which would wait for
     *     itself
     */
    public boolean stop(Duration drain) {
        // Before the lock: who holds it may be waiting for the caller.
        if (group.isReactorThread()) {
            throw new IllegalStateException(
                "a handler cannot wait for the server's end: stop it from another thread");
        }
        synchronized (this) {
            if (stoppedCleanly == null) {
                memory.close(); // or it might listen again, on a closed listener
                stoppedCleanly = group.stop(Math.clamp(drain.toMillis(), 0, Integer.MAX_VALUE));
                pace.close();
            }
            return stoppedCleanly;
        }
    }

    /** {@link #stop} with five seconds. */
    @Override
    public void close() {
        stop(CLOSE_DRAIN);
    }

    /** What a server is told. Every setting has a default that suits a small machine. */
    public static final class Builder {
        private final Routes.Builder routes = Routes.builder();
        private String host = "127.0.0.1";
        private int port;
        private int reactors = Runtime.getRuntime().availableProcessors();
        private int connectionsMax = CONNECTIONS_DEFAULT;
        private int connectionsPerAddressMax;
        private int messageBytesMax = 64 * KIB;
        private Duration handshakeTimeout = Duration.ofSeconds(10);
        private Duration idleTimeout = Duration.ofSeconds(120);
        private Duration closeTimeout = Duration.ofSeconds(5);
        private Duration answerTimeout = Duration.ofSeconds(30);
        private OriginPolicy origins = OriginPolicy.SAME_HOST;
        private Arming arming = Arming.ADAPTIVE;
        private boolean metrics;
        private final PublishSettings publish = new PublishSettings();
        private long memoryReserve = Reserve.AUTO;
        private Path memoryRoot = Path.of("/");
        private Consumer<String> onNotice = line -> LOG.log(Level.WARNING, line);
        private Consumer<Throwable> onFailure = cause -> { };

        private Builder() {
        }

        /** Address or name to bind; loopback by default, "0.0.0.0" or "::" for all. */
        public Builder host(String value) {
            host = value;
            return this;
        }

        /** TCP port; 0, the default, takes any free one: {@link WebSocketServer#port}. */
        public Builder port(int value) {
            port = Ranges.number("port", value, 0, 65_535);
            return this;
        }

        /** Threads; one per core by default. */
        public Builder reactors(int value) {
            reactors = Ranges.number("reactors", value, 1, 1024);
            return this;
        }

        /**
         * Connections at once; one more is answered 503. 64 bytes each are mapped, touched only
         * when used.
         */
        public Builder maxConnections(int value) {
            connectionsMax = Ranges.number("maxConnections", value, 1, 100_000_000);
            return this;
        }

        /** Connections at once from one address; one more is answered 429. 0: no bound. */
        public Builder maxConnectionsPerAddress(int value) {
            connectionsPerAddressMax =
                Ranges.number("maxConnectionsPerAddress", value, 0, 100_000_000);
            return this;
        }

        /** Bytes of one message, fragments joined; a longer one closes its connection with 1009. */
        public Builder maxMessage(int bytes) {
            messageBytesMax = Ranges.number("maxMessage", bytes, 125, 256 * KIB * KIB);
            return this;
        }

        /** From connecting to the end of the request, its body included; then 408. */
        public Builder handshakeTimeout(Duration value) {
            handshakeTimeout = Ranges.time("handshakeTimeout", value);
            return this;
        }

        /** Half of it without a sign of life brings a ping, all of it the end. Zero: never. */
        public Builder idleTimeout(Duration value) {
            idleTimeout = value.isZero() ? value : Ranges.time("idleTimeout", value);
            return this;
        }

        /** For the peer's part of a close. */
        public Builder closeTimeout(Duration value) {
            closeTimeout = Ranges.time("closeTimeout", value);
            return this;
        }

        /** For a {@link #post} handler to answer; then the peer is told 504. */
        public Builder answerTimeout(Duration value) {
            answerTimeout = Ranges.time("answerTimeout", value);
            return this;
        }

        /**
         * Pages of this origin ("https://example.com"), or of all ("*"), may POST, too. Without it
         * only pages from the very host and port may; others are answered 403, for a browser lets
         * any page POST to any server, loopback included. Once an origin is given, the same holds
         * for WebSockets. Requests without an Origin header come from no browser and are taken.
         */
        public Builder allowOrigin(String origin) {
            origins = origins.and(origin);
            return this;
        }

        /** How connections wait for input. */
        public Builder arming(Arming value) {
            arming = value;
            return this;
        }

        /** A WebSocket path: exact, or "/prefix/*". */
        public Builder path(String path, WebSocketHandler handler) {
            routes.webSocket(path, handler);
            return this;
        }

        /** A plain HTTP GET path. */
        public Builder http(String path, HttpHandler handler) {
            routes.http(path, handler);
            return this;
        }

        /** A plain HTTP POST path, with bodies of {@link #maxMessage} at most; past it 413. */
        public Builder post(String path, HttpPostHandler handler) {
            routes.post(path, handler);
            return this;
        }

        /** The same with a bound of its own on the body, in bytes. */
        public Builder post(String path, int maxBody, HttpPostHandler handler) {
            routes.post(path, maxBody, handler);
            return this;
        }

        /**
         * Told if a reactor fails while it runs, which is a defect: its connections are cut and the
         * others go on. Whoever can should stop the server and start another.
         */
        public Builder onFailure(Consumer<Throwable> action) {
            onFailure = action;
            return this;
        }

        /**
         * Bytes of the machine's memory, and of the control group's if that is limited, which new
         * connections leave alone: past that they are answered 503, and past half of it not taken
         * from the listener, until there is memory again. By default 64 MiB or 3 %.
         */
        public Builder memoryReserve(long bytes) {
            if (bytes < 0) {
                throw new IllegalArgumentException(
                    "memoryReserve is " + bytes + ": choose 0 or more bytes");
            }
            memoryReserve = bytes;
            return this;
        }

        /**
         * Bytes for published messages on their way, all topics together; a publisher that finds
         * no room is answered FULL. Address space at first, memory when it is needed. By default
         * 64 MiB, or eight of the largest messages.
         */
        public Builder frameMemory(long bytes) {
            publish.frameMemory(bytes);
            return this;
        }

        /** What topics do with receivers that are behind; by default DROP_NEWEST. */
        public Builder slowReceivers(SlowReceivers policy) {
            publish.slowReceivers(policy);
            return this;
        }

        /**
         * The same for some topics.
         *
         * @param pattern a name, or the start of names and an asterisk: "ticker.*"
         */
        public Builder slowReceivers(String pattern, SlowReceivers policy) {
            publish.slowReceivers(pattern, policy);
            return this;
        }

        /**
         * Bytes by which TCP's memory may grow while published frames wait there for receivers to
         * read. By default half of what is below the pressure mark of tcp_mem, at most 256 MiB.
         */
        public Builder broadcastMemory(long bytes) {
            publish.broadcastMemory(bytes);
            return this;
        }

        /** Bytes a second of published frames on the link, headers counted. 0: no bound. */
        public Builder broadcastRate(long bytesPerSecond) {
            publish.broadcastRate(bytesPerSecond);
            return this;
        }

        /**
         * Published messages of so many bytes or more, header included, are sent without a copy; 0,
         * the default: all are copied. Frame memory is then all resident, and counts against
         * RLIMIT_MEMLOCK.
         */
        public Builder zeroCopyFrom(int bytes) {
            publish.zeroCopyFrom(bytes);
            return this;
        }

        /**
         * Told what an operator should know, a line each: what the machine will not give, and when
         * connections begin to be refused for want of memory, and are admitted again. By default
         * the logger "io.mooring" is.
         */
        public Builder onNotice(Consumer<String> action) {
            onNotice = action;
            return this;
        }

        /** For tests: a directory with proc and sys in it, in place of the machine's. */
        Builder memoryRoot(Path root) {
            memoryRoot = root;
            return this;
        }

        /** Serves {@code GET /healthz} and {@code GET /metrics}. */
        public Builder withMetrics() {
            metrics = true;
            return this;
        }

        /**
         * Binds, sets everything up and accepts.
         *
         * @throws SetupException with one line that names what to change
         */
        public WebSocketServer start() {
            long files = Limits.raiseOpenFiles();
            ReactorConfig config = config(files);
            KernelFeatures features = KernelFeatures.probe();
            Machine machine = Machine.read(memoryRoot, OffHeap.PAGE_BYTES);
            PlanChecks.heed(plan(config, files, machine, JvmMemory.whole(machine.residentBytes())),
                connectionsMax != CONNECTIONS_DEFAULT, onNotice);
            Listener listener = Listener.open(host, port);
            WebSocketServer server;
            try {
                server = assemble(config, features, listener);
            } catch (RuntimeException | Error e) {
                listener.close();
                throw e;
            }
            try {
                server.memory.start();
            } catch (RuntimeException | Error e) { // no thread for it
                server.stop(Duration.ZERO);
                throw e;
            }
            return server;
        }

        /** Everything but the watch's thread, which must not run while this may still fail. */
        private WebSocketServer assemble(ReactorConfig config, KernelFeatures features,
            Listener listener) {
            Admission admission = new Admission(connectionsMax, connectionsPerAddressMax);
            MemoryAdmission memory =
                new MemoryAdmission(admission, listener, memoryRoot, memoryReserve, onNotice);
            TcpPace pace = publish.pace(memoryRoot, admission::isStopped);
            try {
                GroupHolder holder = new GroupHolder();
                if (metrics) {
                    routes.http("/healthz", request -> HttpReply.text(200, "ok\n"));
                    routes.http("/metrics",
                        request -> Metrics.reply(holder.group, memory.watch(), pace.pace()));
                }
                AtomicInteger number = new AtomicInteger();
                holder.group = ReactorGroup.start(reactors, config, features, routes.build(),
                    listener, admission, publish.config(messageBytesMax, pace),
                    run -> new Thread(null, run, "mooring-" + number.getAndIncrement(), 0, false),
                    onFailure);
                return new WebSocketServer(holder.group, features, listener.port(), memory,
                    pace);
            } catch (RuntimeException | Error e) {
                pace.close();
                memory.close();
                throw e;
            }
        }

        /** What this server would take, worked out without mapping or binding anything. */
        MemoryPlan plan() {
            long files = Limits.raiseOpenFiles();
            Machine machine = Machine.read(memoryRoot, OffHeap.PAGE_BYTES);
            return plan(config(files), files, machine,
                JvmMemory.detailed(machine.residentBytes()));
        }

        private MemoryPlan plan(ReactorConfig config, long files, Machine machine, JvmMemory jvm) {
            return new MemoryPlan(config, reactors, connectionsMax,
                publish.frameBytes(messageBytesMax), publish.isPinned(), memoryReserve, files,
                machine, jvm);
        }

        /** A request for /metrics may come before the group is known here. */
        private static final class GroupHolder {
            volatile ReactorGroup group;
        }

        private ReactorConfig config(long files) {
            int perShard = (int) Math.min(files, RING_FILES_MAX);
            int slots = Math.ceilDiv(connectionsMax, reactors) + SLOTS_SPARE;
            // One shard of many has its turn of the traffic, and memory for it, with the others.
            int buffers = slots > perShard ? 256 : 512;
            return new ReactorConfig(slots, perShard, 512, 4096, buffers, 4 * KIB,
                Math.max(64L * KIB * KIB, 8L * messageBytesMax), messageBytesMax, 8 * KIB,
                ms(handshakeTimeout), ms(idleTimeout), ms(closeTimeout), arming,
                ms(answerTimeout), origins);
        }

        private static int ms(Duration duration) {
            return Math.toIntExact(duration.toMillis());
        }
    }
}
