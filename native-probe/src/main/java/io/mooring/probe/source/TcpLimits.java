package io.mooring.probe.source;

/**
 * What the machine allows TCP and files, in bytes and counts.
 *
 * @param memLow, memPressure, memMax tcp_mem, of all sockets' buffers; the kernel has it in pages
 * @param readDefault, readMax        tcp_rmem: of one socket
 * @param writeDefault, writeMax      tcp_wmem: of one socket
 * @param filesMax                    fs.file-max, of the machine; 0: cannot tell
 * @param filesUsed                   fs.file-nr
 */
public record TcpLimits(long memLow, long memPressure, long memMax, long readDefault, long readMax,
        long writeDefault, long writeMax, long orphansMax, long timeWaitMax, long filesMax,
        long filesUsed) {

    public static Reading<TcpLimits> read(ProcFs files) {
        String ipv4 = "proc/sys/net/ipv4/";
        return files.read(ipv4 + "tcp_mem").map(text -> {
            long[] mem = ProcFs.numbers(text);
            long page = files.pageBytes();
            long[] read = triple(files, ipv4 + "tcp_rmem");
            long[] write = triple(files, ipv4 + "tcp_wmem");
            return new TcpLimits(pages(mem[0], page), pages(mem[1], page), pages(mem[2], page),
                    read[1], read[2], write[1], write[2], one(files, ipv4 + "tcp_max_orphans"),
                    one(files, ipv4 + "tcp_max_tw_buckets"), one(files, "proc/sys/fs/file-max"),
                    one(files, "proc/sys/fs/file-nr"));
        });
    }

    /** Some set it to "no limit", which as bytes does not fit a long. */
    private static long pages(long pages, long pageBytes) {
        return pages > Long.MAX_VALUE / pageBytes ? Long.MAX_VALUE : pages * pageBytes;
    }

    private static long[] triple(ProcFs files, String path) {
        long[] numbers = files.read(path).map(ProcFs::numbers).orElse(new long[0]);
        return numbers.length == 3 ? numbers : new long[3];
    }

    private static long one(ProcFs files, String path) {
        return files.read(path).map(text -> ProcFs.numbers(text)[0]).orElse(0L);
    }
}
