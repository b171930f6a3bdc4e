package io.mooring.server;

import io.mooring.api.HttpReply;
import io.mooring.memory.Machine;
import io.mooring.reactor.Admission;
import io.mooring.reactor.Arming;
import io.mooring.reactor.Listener;
import io.mooring.reactor.ReactorConfig;
import io.mooring.reactor.ReactorGroup;
import io.mooring.ring.Engine;
import io.mooring.sys.Limits;
import io.mooring.sys.OffHeap;
import io.mooring.sys.SetupException;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/** From what a server is told to one that runs: the engine, the plan, the listener, the rest. */
final class ServerStart {
    private static final int SLOTS_SPARE = 96;
    private static final int KIB = 1024;

    private final WebSocketServer.Builder told;
    private final long files = Limits.raiseOpenFiles();
    private final Engine engine;
    private final int connectionsMax;
    private final int zeroCopyFrom;

    /** @throws SetupException if there is no such engine here */
    ServerStart(WebSocketServer.Builder told) {
        this.told = told;
        this.engine = told.engine.open();
        this.connectionsMax = connectionsThatFit();
        this.zeroCopyFrom = told.publish.zeroCopyFrom(engine, told.engine, told.onNotice);
    }

    /**
     * Where connections take descriptors, nobody who asked for no number is refused for having too
     * few of them.
     */
    private int connectionsThatFit() {
        int wanted = told.connectionsMax;
        if (!engine.usesDescriptors() || wanted != WebSocketServer.CONNECTIONS_DEFAULT) {
            return wanted;
        }
        long fit = files - PlanChecks.ownDescriptors(told.reactors);
        if (fit >= wanted || fit < 1) {
            return wanted;
        }
        told.onNotice.accept(String.format(Locale.ROOT, "warning: up to %,d connections, not %,d: "
            + "with epoll each takes a descriptor, and RLIMIT_NOFILE is %,d (ulimit -n, or "
            + "LimitNOFILE= in the systemd unit)", fit, wanted, files));
        return (int) fit;
    }

    WebSocketServer start() {
        ReactorConfig config = config();
        Machine machine = Machine.read(told.memoryRoot, OffHeap.PAGE_BYTES);
        MemoryPlan plan = plan(config, machine, JvmMemory.whole(machine.residentBytes()));
        PlanChecks.heed(plan,
            told.connectionsMax != WebSocketServer.CONNECTIONS_DEFAULT, told.onNotice);
        Listener listener = Listener.open(told.host, told.port);
        WebSocketServer server;
        MemoryAdmission memory;
        try {
            Admission admission = new Admission(connectionsMax, told.connectionsPerAddressMax);
            memory = new MemoryAdmission(admission, listener, told.memoryRoot, told.memoryReserve,
                told.onNotice);
            server = assemble(config, plan, listener, admission, memory);
        } catch (RuntimeException | Error e) {
            listener.close();
            throw e;
        }
        try {
            memory.start();
            server.tellServiceManager();
        } catch (RuntimeException | Error e) { // no thread for it
            server.stop(Duration.ZERO);
            throw e;
        }
        return server;
    }

    /** Everything but the watch's thread, which must not run while this may still fail. */
    private WebSocketServer assemble(ReactorConfig config, MemoryPlan plan, Listener listener,
        Admission admission, MemoryAdmission memory) {
        TcpPace pace = told.publish.pace(told.memoryRoot, admission::isStopped);
        ServiceNotifier service = told.serviceManager
            ? ServiceNotifier.open(told.environment, told.onNotice) : null;
        try {
            GroupHolder holder = new GroupHolder();
            Supplier<String> memoryText = () -> MemoryReport.json(plan,
                MemoryFacts.find(holder.group, memory.watch(), told.memoryRoot));
            if (told.metrics) {
                told.routes.http("/healthz", request -> HttpReply.text(200, "ok\n"));
                told.routes.http("/metrics",
                    request -> Metrics.reply(holder.group, engine, memory.watch(),
                        pace.pace(), service));
                addPages(memoryText);
            }
            AtomicInteger number = new AtomicInteger();
            holder.group = new ReactorGroup(told.reactors, config, engine, told.routes.build(),
                listener, admission,
                told.publish.config(told.messageBytesMax, zeroCopyFrom, pace), told.onFailure);
            holder.group.start(
                run -> new Thread(null, run, "mooring-" + number.getAndIncrement(), 0, false));
            return new WebSocketServer(holder.group, engine, listener.port(), memory, pace,
                memoryText, service);
        } catch (RuntimeException | Error e) {
            if (service != null) {
                service.close();
            }
            pace.close();
            memory.close();
            throw e;
        }
    }

    /** Later than others came, so an application that has its own there keeps it. */
    private void addPages(Supplier<String> memoryText) {
        if (!told.routes.hasHttp("/memory")) {
            told.routes.httpLater("/memory", new MemoryPage(memoryText)::onRequest);
        }
        if (!told.routes.hasHttp("/")) {
            HttpReply page = LivePage.load();
            told.routes.http("/", request -> page);
        }
    }

    /** The routes are there before the group, which serves them; set before a reactor starts. */
    private static final class GroupHolder {
        ReactorGroup group;
    }

    MemoryPlan plan() {
        Machine machine = Machine.read(told.memoryRoot, OffHeap.PAGE_BYTES);
        return plan(config(), machine, JvmMemory.detailed(machine.residentBytes()));
    }

    private MemoryPlan plan(ReactorConfig config, Machine machine, JvmMemory jvm) {
        return new MemoryPlan(config, engine, told.reactors, connectionsMax,
            told.publish.frameBytes(told.messageBytesMax), zeroCopyFrom > 0, told.memoryReserve,
            files, machine, jvm);
    }

    private ReactorConfig config() {
        return config(told, engine, files, connectionsMax);
    }

    /** @param files RLIMIT_NOFILE */
    static ReactorConfig config(WebSocketServer.Builder told, Engine engine, long files,
        int connectionsMax) {
        int perShard = engine.slotsMax(files);
        int slots = Math.ceilDiv(connectionsMax, told.reactors) + SLOTS_SPARE;
        // One shard of many has its turn of the traffic, and memory for it, with the others.
        int buffers = slots > perShard ? 256 : 512;
        // Where waiting costs the same either way, the way with less work is the best for all.
        Arming arming = told.arming == Arming.ADAPTIVE && !engine.savesByPolling() ? Arming.HOT
            : told.arming;
        return new ReactorConfig(slots, perShard, 512, 4096, buffers, 4 * KIB,
            Math.max(64L * KIB * KIB, 8L * told.messageBytesMax), told.messageBytesMax, 8 * KIB,
            ms(told.handshakeTimeout), ms(told.idleTimeout), ms(told.closeTimeout), arming,
            ms(told.answerTimeout), told.origins);
    }

    private static int ms(Duration duration) {
        return Math.toIntExact(duration.toMillis());
    }
}
