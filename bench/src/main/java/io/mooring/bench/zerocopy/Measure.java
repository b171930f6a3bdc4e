package io.mooring.bench.zerocopy;

import io.mooring.bench.BenchException;
import io.mooring.bench.Proc;
import io.mooring.bench.Sleep;
import io.mooring.bench.Stats;
import io.mooring.sys.KernelFeatures;
import io.mooring.sys.SetupException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToLongFunction;

/**
 * Sends frames of one size after the other to all receivers, in turns with SEND and SEND_ZC, and
 * waits after every few until all have been read: nobody is behind, and what differs is the
 * sender's CPU time. Then the same to receivers that do not read: what differs is memory.
 */
final class Measure {
    private static final int BURST_MAX = 4;
    private static final int BURST_BYTES_MAX = 256 << 10;
    private static final int SETTLE_MS = 500;
    private static final int QUEUED_FRAMES = 4;
    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

    private final InetSocketAddress sink;
    private final int receivers;
    private final int rounds;
    private final long turnNanos;
    private final KernelFeatures features;

    /** Of one turn: microseconds of the sender's CPU for each delivery, and what was seen. */
    record Turn(double cpuMicros, double heldMicros, long shorts, double copiedPercent) {
    }

    /** Of one size, a turn for each mode and round. */
    record Row(int bytes, Map<Mode, List<Turn>> turns) {
        Stats cpu(Mode mode) {
            return Stats.of(turns.get(mode).stream().map(Turn::cpuMicros).toList());
        }

        /** Zero-copy by SEND, round by round. */
        Stats ratio() {
            return Stats.ofRatios(column(Mode.ZEROCOPY), column(Mode.SEND));
        }

        private double[] column(Mode mode) {
            return turns.get(mode).stream().mapToDouble(Turn::cpuMicros).toArray();
        }

        double heldMicros() {
            return Stats.of(turns.get(Mode.ZEROCOPY).stream().map(Turn::heldMicros).toList())
                    .median();
        }

        double copiedPercent() {
            return Stats.of(turns.get(Mode.ZEROCOPY).stream().map(Turn::copiedPercent).toList())
                    .median();
        }

        long shorts() {
            return turns.values().stream().flatMap(List::stream).mapToLong(Turn::shorts).sum();
        }
    }

    /** What so much queued for each receiver takes, in bytes of each. */
    record Queued(Mode mode, long bytes, long tcp, long memory, long slab) {
    }

    Measure(InetSocketAddress sink, int receivers, int rounds, int turnMs) {
        this.sink = sink;
        this.receivers = receivers;
        this.rounds = rounds;
        this.turnNanos = turnMs * 1_000_000L;
        try {
            this.features = KernelFeatures.probe();
        } catch (SetupException e) {
            throw new BenchException(e.getMessage());
        }
    }

    // ---- time

    List<Row> cpu(List<Integer> sizes) {
        List<Row> rows = new ArrayList<>();
        try (Control control = new Control(sink); Sender sender = open()) {
            sender.connect(port(1));
            turn(control, sender, Mode.SEND, sizes.getFirst());
            turn(control, sender, Mode.ZEROCOPY, sizes.getFirst());
            for (int size : sizes) {
                Map<Mode, List<Turn>> turns = new EnumMap<>(Mode.class);
                for (Mode mode : Mode.values()) {
                    turns.put(mode, new ArrayList<>());
                }
                for (int round = 0; round < rounds; round++) {
                    for (Mode mode : Mode.values()) {
                        turns.get(mode).add(turn(control, sender, mode, size));
                    }
                }
                rows.add(new Row(size, turns));
                System.err.printf("%,d B measured%n", size);
            }
            sender.disconnect();
        }
        return rows;
    }

    private Turn turn(Control control, Sender sender, Mode mode, int size) {
        run(control, sender, mode, size, turnNanos / 4);
        sender.tally.clear();
        long before = THREADS.getCurrentThreadCpuTime();
        run(control, sender, mode, size, turnNanos);
        long cpu = THREADS.getCurrentThreadCpuTime() - before;
        Sender.Tally tally = sender.tally;
        return new Turn(cpu / 1e3 / tally.deliveries, tally.heldNanos / 1e3 / tally.frames,
                tally.shorts, 100.0 * tally.copied / Math.max(1, tally.notifications));
    }

    private void run(Control control, Sender sender, Mode mode, int size, long nanos) {
        int burst = Math.clamp(BURST_BYTES_MAX / size, 1, BURST_MAX);
        long start = System.nanoTime();
        while (System.nanoTime() - start < nanos) {
            for (int i = 0; i < burst; i++) {
                sender.broadcast(mode, size);
            }
            control.await((long) burst * size * receivers);
            sender.reap();
        }
        sender.settle();
    }

    // ---- memory

    /** For each mode, medians of the rounds: other processes come and go. */
    List<Queued> queued(int size) {
        Map<Mode, List<Queued>> all = new EnumMap<>(Mode.class);
        for (int round = 0; round < rounds; round++) {
            for (Mode mode : Mode.values()) {
                all.computeIfAbsent(mode, any -> new ArrayList<>()).add(queued(mode, size));
            }
        }
        List<Queued> medians = new ArrayList<>();
        all.forEach((mode, list) -> medians.add(new Queued(mode, list.getFirst().bytes,
                median(list, Queued::tcp), median(list, Queued::memory),
                median(list, Queued::slab))));
        return medians;
    }

    private static long median(List<Queued> list, ToLongFunction<Queued> field) {
        return Math.round(Stats.of(list.stream().map(one -> (double) field.applyAsLong(one))
                .toList()).median());
    }

    private Queued queued(Mode mode, int size) {
        // At a new control connection the sink forgets the receivers of the last.
        try (Control control = new Control(sink); Sender sender = open()) {
            sender.connect(port(2));
            sender.broadcast(mode, size); // the pool's pages, the rings' own
            Sleep.millis(SETTLE_MS);
            Reading before = Reading.now();
            for (int i = 0; i < QUEUED_FRAMES; i++) {
                sender.broadcast(mode, size);
            }
            Sleep.millis(SETTLE_MS);
            sender.reap();
            Reading after = Reading.now();
            sender.reset();
            sender.settle();
            return new Queued(mode, (long) QUEUED_FRAMES * size,
                    (after.tcp - before.tcp) / receivers, (before.free - after.free) / receivers,
                    (after.slab - before.slab) / receivers);
        }
    }

    /** Bytes of the whole machine. */
    private record Reading(long tcp, long free, long slab) {
        static Reading now() {
            String memory = Proc.read("/proc/meminfo");
            String tcp = Proc.read("/proc/net/sockstat").lines()
                    .filter(line -> line.startsWith("TCP:")).findFirst().orElse("TCP: mem 0");
            long pages = Long.parseLong(tcp.substring(tcp.lastIndexOf(' ') + 1));
            return new Reading(pages * Proc.pageBytes(), Proc.kib(memory, "MemFree") << 10,
                    Proc.kib(memory, "Slab") << 10);
        }
    }

    private Sender open() {
        try {
            return new Sender(features, receivers);
        } catch (SetupException e) {
            throw new BenchException(e.getMessage());
        }
    }

    private InetSocketAddress port(int place) {
        return new InetSocketAddress(sink.getAddress(), sink.getPort() + place);
    }

    // ---- as JSON

    static Map<String, Object> json(Row row) {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("bytes", row.bytes);
        map.put("send_cpu_us", row.cpu(Mode.SEND).median());
        map.put("zerocopy_cpu_us", row.cpu(Mode.ZEROCOPY).median());
        map.put("ratio", row.ratio().median());
        map.put("ratio_min", row.ratio().min());
        map.put("ratio_max", row.ratio().max());
        map.put("held_us", row.heldMicros());
        map.put("copied_percent", row.copiedPercent());
        map.put("short_sends", row.shorts());
        return map;
    }

    static Map<String, Object> json(Queued queued) {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("mode", queued.mode.name().toLowerCase(Locale.ROOT));
        map.put("queued_bytes", queued.bytes);
        map.put("tcp_mem_bytes", queued.tcp);
        map.put("memory_bytes", queued.memory);
        map.put("slab_bytes", queued.slab);
        return map;
    }
}
