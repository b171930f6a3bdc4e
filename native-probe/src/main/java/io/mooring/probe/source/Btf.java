package io.mooring.probe.source;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/**
 * Sizes of the kernel's structures as it was compiled, from /sys/kernel/btf/vmlinux, which
 * everybody may read (Documentation/bpf/btf.rst). Structures of modules are not in it.
 */
public final class Btf {

    private static final int MAGIC = 0xeb9f;
    private static final int STRUCT = 4;
    private static final int HEADER_BYTES = 24;
    private static final int TYPE_BYTES = 12;

    private Btf() {
    }

    /** Bytes of each of {@code names} that the kernel has as a struct. */
    public static Reading<Map<String, Integer>> read(ProcFs files, Set<String> names) {
        String path = "sys/kernel/btf/vmlinux";
        try {
            byte[] all = Files.readAllBytes(files.path(path));
            return Reading.of(all).map(bytes -> sizes(bytes, names));
        } catch (IOException e) {
            Reading<Map<String, Integer>> missing = ProcFs.missing(path, e);
            return Reading.missing(missing.why(), "a kernel built with CONFIG_DEBUG_INFO_BTF");
        }
    }

    static Map<String, Integer> sizes(byte[] bytes, Set<String> names) {
        ByteBuffer data = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        if (bytes.length < HEADER_BYTES) {
            throw new IllegalArgumentException("BTF of " + bytes.length + " bytes");
        }
        if ((data.getShort(0) & 0xffff) != MAGIC) {
            data.order(ByteOrder.BIG_ENDIAN);
            if ((data.getShort(0) & 0xffff) != MAGIC) {
                throw new IllegalArgumentException("no BTF");
            }
        }
        int header = data.getInt(4);
        int at = within(bytes, (long) header + data.getInt(8));
        int end = within(bytes, (long) at + data.getInt(12));
        int strings = within(bytes, (long) header + data.getInt(16));
        int stringsEnd = within(bytes, (long) strings + data.getInt(20));
        Map<String, Integer> found = new HashMap<>();
        while (end - at >= TYPE_BYTES) {
            int info = data.getInt(at + 4);
            int kind = info >>> 24 & 0x1f;
            if (kind == STRUCT) {
                String name = name(bytes, strings, stringsEnd, data.getInt(at));
                if (names.contains(name)) {
                    found.putIfAbsent(name, data.getInt(at + 8));
                }
            }
            at += TYPE_BYTES + tail(kind, info & 0xffff);
        }
        return found;
    }

    private static int within(byte[] bytes, long at) {
        if (at < 0 || at > bytes.length) {
            throw new IllegalArgumentException("BTF that points outside of itself");
        }
        return (int) at;
    }

    /** Bytes behind a type, by its kind. */
    private static int tail(int kind, int members) {
        return switch (kind) {
            case 2, 7, 8, 9, 10, 11, 12, 16, 18 -> 0;
            case 1, 14, 17 -> 4;
            case 3 -> 12;
            case 6, 13 -> 8 * members;
            case 4, 5, 15, 19 -> 12 * members;
            default -> throw new IllegalArgumentException("BTF of unknown kind " + kind);
        };
    }

    private static String name(byte[] bytes, int strings, int end, int offset) {
        long from = (long) strings + offset;
        if (offset < 0 || from >= end) {
            return "";
        }
        int to = (int) from;
        while (to < end && bytes[to] != 0) {
            to++;
        }
        return new String(bytes, (int) from, to - (int) from, StandardCharsets.ISO_8859_1);
    }
}
