package io.mooring.bench.matrix;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** What is measured: its name in JSON, what a reader sees, and which way is better. */
public enum Metric {
    SERVER_US_PER_MESSAGE("server_us_per_message", "us/msg",
            "server CPU per message", "us", -1, true),
    MESSAGES_PER_CPU_S("messages_per_server_cpu_s", "msg/CPU-s",
            "messages per server CPU-second", "/s", 1, true),
    MESSAGES_PER_S("messages_per_s", "msg/s",
            "messages per second", "/s", 1, true),
    LATENCY_P50_MS("latency_p50_ms", "p50 ms",
            "latency p50", "ms", -1, true),
    LATENCY_P99_MS("latency_p99_ms", "p99 ms",
            "latency p99", "ms", -1, true),
    LATENCY_P999_MS("latency_p99_9_ms", "p99.9 ms",
            "latency p99.9", "ms", -1, true),
    SERVER_US_PER_DELIVERY("server_us_per_delivery", "us/delivery",
            "server CPU per delivery", "us", -1, true),
    DELIVERIES_PER_CPU_S("deliveries_per_server_cpu_s", "deliv/CPU-s",
            "deliveries per server CPU-second", "/s", 1, true),
    COMPLETE_P50_MS("complete_p50_ms", "all p50 ms",
            "all have it, p50", "ms", -1, true),
    COMPLETE_MAX_MS("complete_max_ms", "all max ms",
            "all have it, max", "ms", -1, true),
    ACCEPTS_PER_CPU_S("accepts_per_server_cpu_s", "accepts/CPU-s",
            "accepts per server CPU-second", "/s", 1, true),
    CHURN_PER_CPU_S("open_close_per_server_cpu_s", "open-close/CPU-s",
            "open and close per server CPU-second", "/s", 1, true),
    OPEN_P99_MS("open_p99_ms", "open p99 ms",
            "handshake p99", "ms", -1, true),
    USER_BYTES("user_bytes_per_connection", "user B",
            "user memory per connection", "B", -1, false),
    KERNEL_BYTES("kernel_bytes_per_connection", "kernel B",
            "kernel memory per connection", "B", -1, false),
    WAITING_BYTES("kernel_waiting_bytes_per_connection", "above bare B",
            "kernel memory above the bare socket", "B", -1, false),
    IDLE_CPU_PERCENT("idle_cpu_percent", "idle CPU %",
            "server CPU while all are idle", "%", 0, true),
    IDLE_CONNECTIONS("idle_connections", "idle held",
            "idle connections held", "", 0, false),
    RSS_MB("server_rss_mb", "RSS MB",
            "server RSS", "MB", 0, false),
    SERVER_PERCENT("server_cpu_percent", "server %",
            "server's core", "%", 0, true),
    LOAD_PERCENT("load_cpu_percent", "load %",
            "load's core", "%", 0, true),
    OTHERS_PERCENT("others_cpu_percent", "others %",
            "other processes", "%", 0, true);

    private final String key;
    private final String head;
    private final String label;
    private final String unit;
    private final int better;
    private final boolean ofTime;

    Metric(String key, String head, String label, String unit, int better, boolean ofTime) {
        this.key = key;
        this.head = head;
        this.label = label;
        this.unit = unit;
        this.better = better;
        this.ofTime = ofTime;
    }

    /** Its name in JSON, the unit in it. */
    public String key() {
        return key;
    }

    /** Over a column. */
    public String head() {
        return head;
    }

    /** For readers. */
    public String label() {
        return label;
    }

    /** us, ms, B, MB, %, /s or nothing. */
    public String unit() {
        return unit;
    }

    /** 1: more is better; -1: less is; 0: it is only said. */
    public int better() {
        return better;
    }

    /** Whether the host's weather moves it, so that only ratios within one run compare. */
    public boolean isOfTime() {
        return ofTime;
    }

    /** The one whose key it is. */
    public static Optional<Metric> of(String key) {
        return Arrays.stream(values()).filter(metric -> metric.key.equals(key)).findFirst();
    }

    /** As people read it, without the unit. */
    public String text(double value) {
        if (!Double.isFinite(value)) {
            return "-";
        }
        double size = Math.abs(value);
        return String.format(Locale.ROOT,
                size >= 100 || value == Math.rint(value) ? "%,.0f" : size >= 10 ? "%.1f" : "%.2f",
                value);
    }
}
