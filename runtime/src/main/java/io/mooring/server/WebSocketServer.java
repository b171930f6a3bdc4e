package io.mooring.server;

import io.mooring.api.Delivery;
import io.mooring.api.HttpHandler;
import io.mooring.api.HttpPostHandler;
import io.mooring.api.Routes;
import io.mooring.api.SendResult;
import io.mooring.api.SlowReceivers;
import io.mooring.api.WebSocketHandler;
import io.mooring.epoll.EngineChoice;
import io.mooring.memory.Reserve;
import io.mooring.reactor.Arming;
import io.mooring.reactor.ReactorGroup;
import io.mooring.ring.Engine;
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
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * A WebSocket server in this process. {@link #builder()}, paths, {@link Builder#start()}; then
 * connections come to the handlers, on the reactors' threads. The methods here may be called from
 * any thread.
 */
public final class WebSocketServer implements AutoCloseable {
    private static final Logger LOG = System.getLogger("io.mooring");
    static final int CONNECTIONS_DEFAULT = 100_000;
    private static final int KIB = 1024;
    private static final Duration CLOSE_DRAIN = Duration.ofSeconds(5);

    private final ReactorGroup group;
    private final Engine engine;
    private final int port;
    private final MemoryAdmission memory;
    private final TcpPace pace;
    private final Supplier<String> memoryText;
    /** Null: there is no service manager. */
    private final ServiceNotifier service;
    private Boolean stoppedCleanly;

    WebSocketServer(ReactorGroup group, Engine engine, int port, MemoryAdmission memory,
        TcpPace pace, Supplier<String> memoryText, ServiceNotifier service) {
        this.group = group;
        this.engine = engine;
        this.port = port;
        this.memory = memory;
        this.pace = pace;
        this.memoryText = memoryText;
        this.service = service;
    }

    void tellServiceManager() {
        if (service != null) {
            service.start(group);
        }
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

    /** Connections that are taken at once, at most. */
    public int connectionsMax() {
        return group.admission().connectionsMax();
    }

    /** What waits for the sockets, and why it was chosen. */
    public Engine engine() {
        return engine;
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
        return Metrics.text(group, engine, memory.watch(), pace.pace(), service);
    }

    /**
     * Who holds what memory, as {@code GET /memory} gives it: JSON. Takes some milliseconds.
     *
     * @throws IllegalStateException on a reactor's thread, in a handler: it waits for all of them
     */
    public String memory() {
        if (group.isReactorThread()) {
            throw new IllegalStateException(
                "a handler cannot wait for its own reactor: ask from another thread");
        }
        return memoryText.get();
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
                if (service != null) {
                    service.close();
                }
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
        final Routes.Builder routes = Routes.builder();
        String host = "127.0.0.1";
        int port;
        int reactors = Runtime.getRuntime().availableProcessors();
        int connectionsMax = CONNECTIONS_DEFAULT;
        int connectionsPerAddressMax;
        int messageBytesMax = 64 * KIB;
        Duration handshakeTimeout = Duration.ofSeconds(10);
        Duration idleTimeout = Duration.ofSeconds(120);
        Duration closeTimeout = Duration.ofSeconds(5);
        Duration answerTimeout = Duration.ofSeconds(30);
        OriginPolicy origins = OriginPolicy.SAME_HOST;
        Arming arming = Arming.ADAPTIVE;
        EngineChoice engine = EngineChoice.byDefault();
        boolean metrics;
        final PublishSettings publish = new PublishSettings();
        long memoryReserve = Reserve.AUTO;
        Path memoryRoot = Path.of("/");
        boolean serviceManager;
        Map<String, String> environment = System.getenv();
        Consumer<String> onNotice = line -> LOG.log(Level.WARNING, line);
        Consumer<Throwable> onFailure = cause -> { };

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

        /**
         * What waits for the sockets. AUTO, the default: io_uring, or epoll where that is missing
         * or blocked; the system property mooring.engine may name another default.
         */
        public Builder engine(EngineChoice value) {
            engine = value;
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

        /**
         * Tells the service manager that started this process, if one did (systemd's Type=notify),
         * that the server is ready, what it holds, that it stops; and feeds its watchdog while all
         * reactors turn. Without {@code NOTIFY_SOCKET} in the environment it does nothing.
         */
        public Builder notifyServiceManager() {
            serviceManager = true;
            return this;
        }

        /** For tests: in place of the process's own. */
        Builder environment(Map<String, String> variables) {
            environment = variables;
            return this;
        }

        /**
         * Serves {@code GET /healthz} and {@code /metrics}; and {@code /memory} and a page that
         * shows both at {@code /}, unless these paths are taken. They tell about the machine.
         */
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
            return new ServerStart(this).start();
        }

        /** What this server would take, worked out without mapping or binding anything. */
        MemoryPlan plan() {
            return new ServerStart(this).plan();
        }
    }
}
