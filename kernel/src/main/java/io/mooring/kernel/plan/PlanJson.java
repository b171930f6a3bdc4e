package io.mooring.kernel.plan;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * A plan for programs. The schema's number is raised when a key goes or changes its meaning; null
 * is "no limit" or "not known".
 */
final class PlanJson {

    static final String SCHEMA = "mooring-plan/1";

    private PlanJson() {
    }

    static Map<String, Object> of(Plan plan) {
        Memory memory = plan.memory();
        Target target = plan.target();
        Map<String, Object> all = new LinkedHashMap<>();
        all.put("schema", SCHEMA);
        all.put("verdict", plan.verdict().name().toLowerCase(Locale.ROOT));
        all.put("connections", plan.connections());
        all.put("connections_given", plan.ask().connections() != 0);
        all.put("largest", plan.largest());
        all.put("engine", plan.ask().engine());
        all.put("machine", machine(target));
        all.put("memory", memory(memory, target));
        all.put("tcp_mem", tcp(plan.tcp(), target.page()));
        all.put("message", message(plan));
        List<Object> breaks = new ArrayList<>();
        for (Break one : plan.breaks()) {
            Map<String, Object> row = new LinkedHashMap<>();
            row.put("name", one.name());
            row.put("at_connections", one.at());
            row.put("kind", one.kind().name().toLowerCase(Locale.ROOT));
            row.put("text", one.text());
            standing(row, one.basis(), one.source());
            breaks.add(row);
        }
        all.put("breaks", breaks);
        return all;
    }

    private static Map<String, Object> machine(Target target) {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("is_this_one", target.isHere());
        map.put("ram_bytes", known(target.ram()));
        map.put("taken_bytes", known(target.taken()));
        map.put("page_bytes", known(target.pageBytes()));
        map.put("kernel", known(target.kernel().toString(), target.kernelFrom()));
        map.put("kernel_objects", known(null, new Known(0, target.sizes().basis(),
                target.sizes().source())));
        map.put("memory_cgroup", target.accounts());
        map.put("link_bits_per_second", known(target.link().value() == 0 ? null
                : target.link().value(), target.link()));
        map.put("cores", known(target.cores()));
        map.put("open_files", known(target.openFiles()));
        map.put("tcp_pressure_bytes", known(target.tcpPressure()));
        map.put("send_buffer_max_bytes", known(target.sendBufferMax()));
        map.put("files_free", known(target.filesFree()));
        return map;
    }

    private static Map<String, Object> memory(Memory memory, Target target) {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("needed_bytes", memory.needed());
        map.put("ram_bytes", memory.ram());
        map.put("per_connection_bytes", memory.each());
        map.put("kernel_per_connection_bytes", memory.kernelEach());
        map.put("kernel_error_share", target.sizes().errorShare());
        map.put("process_bytes", memory.sum(Line.Side.PROCESS, Line::silent));
        map.put("kernel_bytes", memory.sum(Line.Side.KERNEL, Line::silent));
        map.put("system_bytes", memory.sum(Line.Side.SYSTEM, Line::silent));
        map.put("broadcast_bytes", memory.broadcast());
        map.put("reserve_bytes", memory.reserve());
        map.put("most_bytes", memory.most());
        map.put("rings", memory.server().rings());
        List<Object> terms = new ArrayList<>();
        for (Line one : memory.lines()) {
            Map<String, Object> row = new LinkedHashMap<>();
            row.put("side", one.side().name().toLowerCase(Locale.ROOT));
            row.put("name", one.name());
            row.put("per_connection_bytes", one.each());
            row.put("silent_bytes", one.silent());
            row.put("most_bytes", one.most());
            standing(row, one.basis(), one.source());
            terms.add(row);
        }
        map.put("terms", terms);
        return map;
    }

    private static Map<String, Object> tcp(TcpNeed tcp, int pageBytes) {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("silent_pages", 0);
        map.put("charged_each_bytes", tcp.chargedEach());
        map.put("unpaced_bytes", tcp.unpaced());
        map.put("unpaced_pages", tcp.unpaced() / pageBytes);
        map.put("paced_bytes", tcp.paced());
        map.put("paced_pages", tcp.paced() / pageBytes);
        map.put("deaf_connections", tcp.deaf());
        map.put("deaf_bytes", tcp.deafBytes());
        map.put("deaf_pages", tcp.deafBytes() / pageBytes);
        map.put("pressure_bytes", tcp.pressure() == Known.NO_LIMIT ? null : tcp.pressure());
        return map;
    }

    private static Map<String, Object> message(Plan plan) {
        Map<String, Object> map = new LinkedHashMap<>();
        boolean isLinkKnown = plan.target().link().value() > 0;
        map.put("payload_bytes", plan.wire().messageBytes());
        map.put("wire_bytes", plan.wire().wireBytes());
        map.put("wire_seconds", isLinkKnown ? plan.wireSeconds() : null);
        map.put("delivery_cpu_us", plan.cpu().deliveryMicros());
        map.put("echo_cpu_us", plan.cpu().echoMicros());
        map.put("cpu_seconds", plan.cpuSeconds());
        map.put("complete_seconds_least", plan.broadcastSeconds());
        map.put("cpu_factor", plan.ask().cpuFactor());
        standing(map, Basis.ASSUMED, Cpu.MEASURED_ON);
        double rate = plan.ask().rate();
        map.put("rate", rate);
        map.put("cores_used", plan.cpu().cores(plan.connections(), rate));
        map.put("link_share", isLinkKnown ? rate * plan.wireSeconds() : null);
        return map;
    }

    private static Map<String, Object> known(Known known) {
        return known(known.value() == Known.NO_LIMIT ? null : known.value(), known);
    }

    private static Map<String, Object> known(Object value, Known known) {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("value", value);
        standing(map, known.basis(), known.source());
        return map;
    }

    private static void standing(Map<String, Object> row, Basis basis, String source) {
        row.put("basis", basis.toString());
        row.put("source", source);
    }
}
