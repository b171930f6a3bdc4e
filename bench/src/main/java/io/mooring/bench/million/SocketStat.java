package io.mooring.bench.million;

import io.mooring.bench.Proc;

/** The TCP line of /proc/net/sockstat, all of this network namespace's IPv4 sockets. */
record SocketStat(long inUse, long timeWait, long bufferPages) {

    static SocketStat now() {
        return parse(Proc.read("/proc/net/sockstat"));
    }

    /** {@code TCP: inuse 2 orphan 0 tw 14979 alloc 2 mem 148}. */
    static SocketStat parse(String text) {
        String line = text.lines().filter(l -> l.startsWith("TCP:")).findFirst().orElse("");
        return new SocketStat(after(line, "inuse"), after(line, "tw"), after(line, "mem"));
    }

    private static long after(String line, String name) {
        String[] words = line.split("\\s+");
        for (int i = 0; i + 1 < words.length; i++) {
            if (words[i].equals(name)) {
                return Long.parseLong(words[i + 1]);
            }
        }
        return 0;
    }
}
