package io.mooring.server;

import io.mooring.api.HttpReply;
import io.mooring.memory.MemoryWatch;
import io.mooring.memory.SendPace;
import io.mooring.reactor.Counter;
import io.mooring.reactor.Reactor;
import io.mooring.reactor.ReactorGroup;
import io.mooring.ring.Engine;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.ToLongFunction;

/**
 * Counters and sizes as OpenMetrics text, version 1.0. Counters are per reactor; sum over the label
 * for the whole.
 */
final class Metrics {
    private static final String TYPE =
        "application/openmetrics-text; version=1.0.0; charset=utf-8";

    private Metrics() {
    }

    /** @param service null: there is no service manager */
    static HttpReply reply(ReactorGroup group, Engine engine, MemoryWatch memory, SendPace pace,
        ServiceNotifier service) {
        return new HttpReply(200, TYPE,
            text(group, engine, memory, pace, service).getBytes(StandardCharsets.UTF_8));
    }

    static String text(ReactorGroup group, Engine engine, MemoryWatch memory, SendPace pace,
        ServiceNotifier service) {
        StringBuilder out = new StringBuilder(16 * 1024);
        out.append("# TYPE mooring_engine gauge\n")
            .append("# HELP mooring_engine What waits for the sockets, by its name\n")
            .append("mooring_engine{name=\"").append(engine.name()).append("\"} 1\n");
        gauge(out, "connections_open", "Connections held now", group.admission().open());
        gauge(out, "connections_max", "Connections that are admitted at most",
            group.admission().connectionsMax());
        gauge(out, "published_frame_bytes", "Memory of published frames in flight",
            group.frameBytes());
        gauge(out, "frame_memory_max_bytes", "What published frames may take at most",
            group.frames().bytesMax());
        gauge(out, "frame_memory_peak_bytes", "The most that published frames have taken at once",
            group.frames().highWaterBytes());
        gauge(out, "topic_names", "Topics with a subscriber, or with a message on its way",
            group.topics());
        gauge(out, "topic_name_bytes", "Memory of their names", group.topicNameBytes());
        gauge(out, "broadcast_memory_bytes",
            "By so much published frames may have TCP's memory grow (--broadcast-memory)",
            pace.growthMax());
        gauge(out, "broadcasts_trickle",
            "1 while few frames may go: TCP is near its pressure mark, or memory is short",
            pace.trickles() ? 1 : 0);
        process(out, memory);
        memory(out, group, memory);
        List<Reactor> reactors = group.reactors();
        perReactor(out, reactors, "topics", "Topics with a subscriber on the reactor",
            r -> r.gauges().topics());
        perReactor(out, reactors, "subscriptions", "Subscribers of all topics on the reactor",
            r -> r.gauges().subscriptions());
        perReactor(out, reactors, "topic_bytes", "Memory for who has joined what",
            r -> r.gauges().topicBytes());
        perReactor(out, reactors, "slab_mapped_bytes", "Address space of all connection slots",
            r -> r.gauges().slabMappedBytes());
        perReactor(out, reactors, "ring_bytes", "Memory of the rings' queues in this process",
            r -> r.gauges().ringBytes());
        perReactor(out, reactors, "receive_buffer_mapped_bytes",
            "Address space of the receive buffers", r -> r.gauges().buffersMappedBytes());
        perReactor(out, reactors, "receive_buffer_touched_bytes",
            "Of those, what traffic has touched and silence not yet given back",
            r -> r.gauges().buffersTouchedBytes());
        perReactor(out, reactors, "slab_touched_bytes",
            "Connection slots that have been used so far, 64 bytes each",
            r -> r.gauges().slabBytes());
        perReactor(out, reactors, "spill_used_bytes", "Partial messages and unsent output",
            r -> r.gauges().spillUsedBytes());
        perReactor(out, reactors, "spill_mapped_bytes", "Memory mapped for those",
            r -> r.gauges().spillMappedBytes());
        perReactor(out, reactors, "backlog_bytes",
            "Of those in use: published frames that wait for receivers behind",
            r -> r.gauges().backlogBytes());
        perReactor(out, reactors, "http_answers_pending",
            "Requests whose answer a handler owes", r -> r.gauges().answersPending());
        for (Counter counter : Counter.values()) {
            head(out, counter.metric(), "counter", counter.help());
            for (int i = 0; i < reactors.size(); i++) {
                line(out, counter.metric() + "_total", i, reactors.get(i).counters().get(counter));
            }
        }
        counter(out, "mailbox_full", "Commands refused because a reactor's mailbox was full",
            group.mailboxFull());
        counter(out, "messages_published", "Messages published to a topic", group.published());
        counter(out, "publish_refused",
            "Messages not published: frames on their way used all of --frame-memory",
            group.publishRefused());
        if (service != null) {
            service(out, service);
        }
        return out.append("# EOF\n").toString();
    }

    private static void service(StringBuilder out, ServiceNotifier service) {
        counter(out, "notify_messages", "Messages to the service manager", service.sent());
        counter(out, "notify_errors",
            "Messages to it that failed, and settings of it that are of no use", service.errors());
        counter(out, "watchdog_late", "Times its watchdog was not fed, as a reactor did not turn",
            service.late());
    }

    private static void counter(StringBuilder out, String name, String help, long value) {
        head(out, name, "counter", help);
        out.append("mooring_").append(name).append("_total ").append(value).append('\n');
    }

    /** The whole; GET /memory has its parts. */
    private static void process(StringBuilder out, MemoryWatch memory) {
        Runtime runtime = Runtime.getRuntime();
        long heap = runtime.totalMemory();
        gauge(out, "resident_bytes", "Memory of this process, a second ago at most",
            memory.residentBytes());
        gauge(out, "heap_bytes", "Java heap, grown so far", heap);
        gauge(out, "heap_used_bytes", "Of that, objects and what the next collection finds dead",
            heap - runtime.freeMemory());
    }

    /** What admission goes by; a limit that is none is left out. */
    private static void memory(StringBuilder out, ReactorGroup group, MemoryWatch memory) {
        gauge(out, "memory_total_bytes", "The machine's memory", memory.systemTotalBytes());
        gauge(out, "memory_available_bytes",
            "What the machine could still hand out, less what open sockets pin of it",
            memory.systemAvailableBytes());
        gauge(out, "memory_reserve_bytes", "Of that, what new connections leave alone",
            memory.systemReserveBytes());
        if (memory.isCgroupLimited()) {
            gauge(out, "cgroup_memory_headroom_bytes",
                "Until the limit of our control group, or of the tightest above it",
                memory.cgroupHeadroomBytes());
            gauge(out, "cgroup_memory_limit_bytes", "That limit", memory.cgroupLimitBytes());
            gauge(out, "cgroup_memory_reserve_bytes",
                "Of the headroom, what new connections leave alone", memory.cgroupReserveBytes());
        }
        gauge(out, "tcp_memory_bytes", "Charged by the machine's TCP sockets, whole pages each",
            memory.tcpBytes());
        if (memory.isTcpLimited()) {
            gauge(out, "tcp_memory_pressure_bytes",
                "Past this for half a second new connections are refused (tcp_mem[1])",
                memory.tcpPressureBytes());
            gauge(out, "tcp_memory_limit_bytes", "From here on the kernel refuses (tcp_mem[2])",
                memory.tcpMaximumBytes());
        }
        gauge(out, "accepting_stopped",
            "1 while no connection is accepted because half the reserve is gone too",
            group.admission().isStopped() ? 1 : 0);
        head(out, "accept_stops", "counter", "How often accepting was stopped for that");
        out.append("mooring_accept_stops_total ").append(group.admission().stops()).append('\n');
    }

    private static void gauge(StringBuilder out, String name, String help, long value) {
        head(out, name, "gauge", help);
        out.append("mooring_").append(name).append(' ').append(value).append('\n');
    }

    private static void perReactor(StringBuilder out, List<Reactor> reactors, String name,
        String help, ToLongFunction<Reactor> value) {
        head(out, name, "gauge", help);
        for (int i = 0; i < reactors.size(); i++) {
            line(out, name, i, value.applyAsLong(reactors.get(i)));
        }
    }

    private static void head(StringBuilder out, String name, String type, String help) {
        out.append("# TYPE mooring_").append(name).append(' ').append(type).append('\n');
        out.append("# HELP mooring_").append(name).append(' ').append(help).append('\n');
    }

    private static void line(StringBuilder out, String name, int reactor, long value) {
        out.append("mooring_").append(name).append("{reactor=\"").append(reactor).append("\"} ")
            .append(value).append('\n');
    }
}
