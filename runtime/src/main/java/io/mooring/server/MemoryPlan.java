package io.mooring.server;

import io.mooring.memory.Machine;
import io.mooring.memory.Reserve;
import io.mooring.reactor.Arming;
import io.mooring.reactor.ReactorConfig;
import io.mooring.ring.Engine;
import io.mooring.sys.Abi;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.ToLongFunction;

/**
 * What a server will take, term by term, and whether the machine gives it; worked out before
 * anything is mapped. Kernel figures are measured ones: docs/DESIGN.md.
 */
final class MemoryPlan {
    /** Of an established TCP connection: socket, inode, file, dentry, LSM's part. */
    static final long SOCKET_BYTES = 2_521 + 863 + 193 + 193 + 64;

    private static final long SLOT_BYTES = 64;
    private static final long TABLE_ENTRY_BYTES = 8;
    private static final long FILE_NODE_BYTES = 32;
    private static final long POLL_BYTES = 256;
    /** Of the process's own table, which doubles as it grows, in 8 B and some bits. */
    private static final long DESCRIPTOR_BYTES = 8;
    /** epitem 128, its entry in the socket's wait queue 64, the socket's list of epitems 16. */
    private static final long EPOLL_BYTES = 208;
    /** A slot's descriptor and what epoll has said of it. */
    private static final long FILE_SLOT_BYTES = 16;
    private static final long RECEIVE_BYTES = 862;
    /** struct io_rings before the completions. */
    private static final long RINGS_HEAD_BYTES = 320;
    /** What a ring's context and tables of cancellable operations take in the kernel. */
    private static final long RING_KERNEL_BYTES = 16 << 10;
    private static final long WHEEL_BYTES = 4_096 * 4 + 512;
    private static final long STAGED_RECORD_BYTES = 24;
    private static final long MAILBOX_BYTES = 4_096 * 4;
    /** From here to serving: classes of the reactors, their threads, the first compiled code. */
    private static final long JVM_START_BYTES = 4L << 20;
    /** On from there while traffic warms it up: compiled code, the compilers' own memory. */
    private static final long JVM_LOAD_BYTES = 40L << 20;

    /**
     * One line of the sum.
     *
     * @param mapped address space, from the start on
     * @param start touched when the server is up
     * @param full touched with all connections there and silent
     * @param load touched at most, with all of them talking
     */
    record Term(String name, boolean isKernel, long mapped, long start, long full, long load,
        String why) {
    }

    private final List<Term> terms = new ArrayList<>();
    private final List<PlanChecks.Check> checks;
    private final int reactors;
    private final int shards;
    private final long connections;
    private final ReactorConfig config;
    private final Engine engine;
    private final Machine machine;
    private final long heapTables;

    /**
     * Works it out.
     *
     * @param told the reserve, or Reserve.AUTO
     * @param frameBytesMax size of the region of published frames
     * @param framesPinned whether it is all touched at start
     * @param files RLIMIT_NOFILE
     */
    MemoryPlan(ReactorConfig config, Engine engine, int reactors, int connections,
        long frameBytesMax, boolean framesPinned, long told, long files, Machine machine,
        JvmMemory jvm) {
        this.config = config;
        this.engine = engine;
        this.reactors = reactors;
        this.shards = reactors * config.shards();
        this.connections = connections;
        this.machine = machine;
        this.heapTables = shards * (WHEEL_BYTES + config.stagedSends() * STAGED_RECORD_BYTES)
            + reactors * MAILBOX_BYTES;
        addUser(frameBytesMax, framesPinned);
        addJvm(jvm);
        addKernel();
        this.checks = PlanChecks.of(this, machine, told, files);
    }

    private void addUser(long frameBytesMax, boolean framesPinned) {
        long slots = (long) config.slotsMax() * reactors;
        int perShard = Math.ceilDiv(config.slotsMax(), shards / reactors);
        user("connection slab", shards * page(perShard * SLOT_BYTES), 0, connections * SLOT_BYTES,
            0, format("%,d slots of 64 B", slots));
        if (engine.usesDescriptors()) {
            user("file tables", shards * page(perShard * FILE_SLOT_BYTES), 0,
                connections * FILE_SLOT_BYTES, 0, "16 B a slot: its descriptor, what epoll said");
        }
        long cq = RINGS_HEAD_BYTES + (long) config.completionEntries() * Abi.CQE_BYTES;
        long rings = shards * (page(cq) + page((long) config.submissionEntries() * Abi.SQE_BYTES)
            + page(1));
        user("rings", rings, rings, rings, 0,
            format("%d: %,d submissions, %,d completions each", shards, config.submissionEntries(),
                config.completionEntries()));
        long entries = shards * page((long) config.receiveBuffers() * Abi.BUF_BYTES);
        long buffers = shards * page((long) config.receiveBuffers() * config.receiveBufferBytes());
        user("receive buffers", entries + buffers, entries, entries, buffers,
            format("%d rings of %,d x %,d B; given back when quiet", shards,
                config.receiveBuffers(), config.receiveBufferBytes()));
        user("spill pools", 0, 0, 0, reactors * config.spillBytesMax(),
            "partial messages, unsent output; bound per reactor");
        long frames = page(frameBytesMax);
        long pinned = framesPinned ? frames : page(1);
        user("published frames", frames, pinned, pinned, frames - pinned,
            framesPinned ? "one region for all in flight, registered: --zero-copy-from"
                : "one region for all in flight; given back when quiet");
        user("topics", 0, 0, 0, config.topicMemoryMax(reactors),
            "who has joined what, names; 0.2 B a subscriber in a topic of all, 9 B in ones of ten");
    }

    private void user(String name, long mapped, long start, long full, long load, String why) {
        terms.add(new Term(name, false, mapped, start, full, full + load, why));
    }

    private void addJvm(JvmMemory jvm) {
        for (JvmMemory.Part part : jvm.parts()) {
            terms.add(new Term(part.name(), false, part.mapped(), part.now(), part.now(),
                part.most(), part.why()));
        }
        long beyond = Math.max(0, heapTables - jvm.heapFreeBytes());
        terms.add(new Term("tables on the heap", false, 0, beyond, beyond, beyond,
            format("%,d KiB of staged sends, wheel heads, mailboxes, of which %,d KiB are in the "
                + "heap above", heapTables >> 10, heapTables - beyond >> 10)));
        terms.add(new Term("JVM: warming up", false, 0, JVM_START_BYTES, JVM_START_BYTES,
            JVM_START_BYTES + JVM_LOAD_BYTES, "estimate: classes, threads, compiled code"));
    }

    private void addKernel() {
        long slots = (long) config.slotsMax() * reactors;
        kernel("sockets", 0, SOCKET_BYTES, 0, "2,521 socket, 863 inode, 193 file, 193 dentry, "
            + "64 LSM each; queues of bytes come on top");
        if (engine.usesDescriptors()) {
            kernel("descriptors", 0, DESCRIPTOR_BYTES, DESCRIPTOR_BYTES,
                "8 B each; the table doubles when it is full");
            kernel("epoll", 0, EPOLL_BYTES, 0, "128 epitem, 64 in the wait queue, 16 list");
            return;
        }
        kernel("direct descriptors", slots * TABLE_ENTRY_BYTES, FILE_NODE_BYTES, 0,
            "8 B a slot, 32 B each in use");
        boolean hot = config.arming() == Arming.HOT;
        long waiting = hot ? RECEIVE_BYTES : POLL_BYTES;
        kernel("waiting operations", 0, waiting,
            config.arming() == Arming.COLD ? 0 : RECEIVE_BYTES - waiting,
            "one-shot POLL_ADD 256 B, multishot RECV 862 B");
        kernel("rings' own", shards * RING_KERNEL_BYTES, 0, 0, "estimate: 16 KiB each");
    }

    private void kernel(String name, long start, long each, long loadEach, String why) {
        long full = start + connections * each;
        terms.add(new Term(name, true, 0, start, full, full + connections * loadEach, why));
    }

    private long page(long bytes) {
        return Math.ceilDiv(bytes, machine.pageBytes()) * machine.pageBytes();
    }

    // ---- what came out

    List<Term> terms() {
        return terms;
    }

    List<PlanChecks.Check> checks() {
        return checks;
    }

    boolean hasErrors() {
        return checks.stream().anyMatch(check -> check.state() == PlanChecks.State.ERROR);
    }

    long sum(boolean isKernel, ToLongFunction<Term> column) {
        return terms.stream().filter(term -> term.isKernel() == isKernel).mapToLong(column).sum();
    }

    long sum(ToLongFunction<Term> column) {
        return sum(false, column) + sum(true, column);
    }

    /** What one more silent connection takes. */
    long perConnectionBytes() {
        return perConnection(sum(Term::full) - sum(Term::start));
    }

    /** Of what all connections take, the part of one. */
    long perConnection(long bytes) {
        return bytes / connections;
    }

    /** Of the sum at start, what this process does not have yet. */
    long toStart() {
        return Math.max(0, sum(Term::start) - machine.residentBytes());
    }

    /** Of so much memory, what is left for connections; none if it is not positive. */
    long left(long have, long reserve) {
        return have - reserve - toStart();
    }

    Engine engine() {
        return engine;
    }

    int reactors() {
        return reactors;
    }

    int shards() {
        return shards;
    }

    long connections() {
        return connections;
    }

    /** Address space beside the JVM's. */
    long mappedBytes() {
        return terms.stream().filter(term -> !term.name().startsWith("JVM"))
            .mapToLong(Term::mapped).sum();
    }

    long frameBytes() {
        return terms.stream().filter(term -> term.name().equals("published frames"))
            .mapToLong(Term::mapped).sum();
    }

    /** Mappings in the address space, at most. */
    long mappings() {
        long extents = reactors * (config.spillBytesMax() >> 18);
        return JvmMemory.MAPPINGS + shards * 6L + extents;
    }

    static long reserve(long limit, long told) {
        return Reserve.of(limit, told);
    }

    private static String format(String format, Object... values) {
        return String.format(Locale.ROOT, format, values);
    }
}
