package io.mooring.memory;

import java.nio.file.Path;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;

/**
 * How fast published frames may go to the kernel. What TCP holds for receivers that have not read
 * is looked at every 5 ms, in whole pages as tcp_mem counts it, and may grow by so much and no
 * more; and the link may have a rate.
 *
 * <p>Growth counts from a base: what TCP held when a storm began, or less if that falls. Receivers
 * that never read keep what they hold, and must not keep the others waiting; so where hardly
 * anything could go for 100 ms the base moves up by half the bound, as long as TCP is well below
 * its pressure mark. Beyond that, and while memory is short, frames trickle: twice as many each
 * look as long as TCP's memory does not grow, half as many when it does.
 *
 * <p>The pressure mark must not be reached. Past it the kernel refuses memory to every socket once
 * there are more of them than tcp_mem has pages (__sk_mem_raise_allocated), so that a receiver's
 * segment is dropped, and comes again only after the sender's time-out, which doubles each time.
 */
public final class SendPace implements AutoCloseable {
    /** Choose the bound: half of what is below TCP's pressure mark, at most 256 MiB. */
    public static final long AUTO = -1;
    /** Of a frame on Ethernet: preamble, header, checksum, gap 38; IPv4 20; TCP, timestamps 32. */
    public static final int WIRE_OVERHEAD_BYTES = 90;

    static final long LOOK_NANOS = 5_000_000;
    static final long STUCK_NANOS = 100_000_000;
    static final long QUIET_NANOS = 200_000_000;
    static final int TRICKLE_FRAMES = 64;
    /**
     * Of what may go, this part until the next look: a frame is charged twice where its receiver is
     * on this machine (its acknowledgement may take 40 ms), and several looks share the damage of
     * one that comes late.
     */
    static final int LOOK_PART = 4;

    /** With less room than this part of the bound, hardly anything can go. */
    private static final int STUCK_PART = 64;
    private static final long AUTO_MAX = 256L << 20;
    /** A segment in the kernel beside its bytes: sk_buff and shared info, x86-64 and arm64. */
    private static final int SEGMENT_OVERHEAD_BYTES = 768;
    private static final long BURST_NANOS = 10_000_000;
    private static final double NANOS_PER_SECOND = 1e9;

    private final TcpMemory tcp;
    private final long pageBytes;
    private final long growthMax;
    private final double bytesPerNano;
    private final BooleanSupplier isMemoryShort;
    private final LongSupplier clock;

    private long lookedAt;
    private long tookAt;
    private long base;
    private long used;
    private boolean trickles;
    /** When it was first found that nothing may go; 0: something may. */
    private long stuckSince;
    private long trickle;
    /** Memory that may be taken until the next look. */
    private long left;
    /** Bytes of the link; below zero: owed. */
    private double link;
    private long linkAt;

    /**
     * @param growthMax bytes of TCP memory, or {@link #AUTO}
     * @param bytesPerSecond of the link, overhead counted; 0: no bound
     */
    public static SendPace open(Path root, long pageBytes, long growthMax, long bytesPerSecond,
        BooleanSupplier isMemoryShort) {
        return new SendPace(root, pageBytes, growthMax, bytesPerSecond, isMemoryShort,
            System::nanoTime);
    }

    SendPace(Path root, long pageBytes, long growthMax, long bytesPerSecond,
        BooleanSupplier isMemoryShort, LongSupplier clock) {
        this.tcp = new TcpMemory(root, pageBytes);
        this.pageBytes = pageBytes;
        this.growthMax = growthMax == AUTO ? auto() : growthMax;
        this.bytesPerNano = bytesPerSecond / NANOS_PER_SECOND;
        this.isMemoryShort = isMemoryShort;
        this.clock = clock;
        this.lookedAt = clock.getAsLong() - LOOK_NANOS;
        this.tookAt = lookedAt - QUIET_NANOS;
        this.linkAt = lookedAt;
    }

    private long auto() {
        return tcp.read() ? growthMaxOf(tcp.pressureBytes()) : AUTO_MAX;
    }

    /** The bound that {@link #AUTO} chooses where TCP's pressure mark is there. */
    public static long growthMaxOf(long tcpPressureBytes) {
        return Math.min(AUTO_MAX, tcpPressureBytes / 2);
    }

    /** Past so much of TCP's memory frames only trickle. */
    public static long trickleFrom(long tcpPressureBytes) {
        return tcpPressureBytes / 4 * 3;
    }

    /** What tcp_mem is charged for a frame that waits for its receiver: whole pages. */
    public static long chargedBytes(int frameBytes, long pageBytes) {
        long bytes = frameBytes + (long) SEGMENT_OVERHEAD_BYTES;
        return (bytes + pageBytes - 1) / pageBytes * pageBytes;
    }

    /** Bytes by which TCP's memory may grow in a storm. */
    public long growthMax() {
        return growthMax;
    }

    /** How many of {@code frames} may go now; 0: ask again in a millisecond. */
    public synchronized int take(int frames, int frameBytes) {
        long now = clock.getAsLong();
        if (now - lookedAt >= LOOK_NANOS) {
            look(now);
        }
        if (left <= 0) {
            return 0;
        }
        long charge = charge(frameBytes);
        // A frame that is larger than the bound must go some time.
        long allowed = Math.min(frames, Math.max(1, left / charge));
        if (bytesPerNano > 0) {
            allowed = linkAllows(allowed, frameBytes, now);
        }
        left -= allowed * charge;
        tookAt = now;
        return (int) allowed;
    }

    private long linkAllows(long frames, int frameBytes, long now) {
        link = Math.min(link + (now - linkAt) * bytesPerNano, BURST_NANOS * bytesPerNano);
        linkAt = now;
        if (link <= 0) {
            return 0;
        }
        long wire = frameBytes + WIRE_OVERHEAD_BYTES;
        long allowed = Math.clamp((long) (link / wire), 1, frames);
        link -= allowed * wire;
        return allowed;
    }

    /** So many did not go after all. */
    public synchronized void giveBack(int frames, int frameBytes) {
        left += frames * charge(frameBytes);
        if (bytesPerNano > 0) {
            link += (double) frames * (frameBytes + WIRE_OVERHEAD_BYTES);
        }
    }

    private long charge(int frameBytes) {
        return chargedBytes(frameBytes, pageBytes);
    }

    private void look(long now) {
        lookedAt = now;
        if (!tcp.read()) { // no /proc: so much per look, which is something
            left = growthMax;
            return;
        }
        long before = used;
        used = tcp.usedBytes();
        if (used < base || now - tookAt >= QUIET_NANOS) {
            base = used;
        }
        long toPressure = trickleFrom(tcp.pressureBytes()) - used;
        trickles = toPressure <= 0 || isMemoryShort.getAsBoolean();
        if (trickles) {
            left = trickle(used > before);
        } else {
            trickle = 0;
            left = Math.min(growth(now), toPressure) / LOOK_PART;
        }
    }

    private long trickle(boolean grown) {
        long room = tcp.pressureBytes() - used;
        long least = room > 0 ? TRICKLE_FRAMES * pageBytes : pageBytes;
        long most = Math.min(growthMax, room / LOOK_PART);
        trickle = grown ? trickle / 2 : trickle * 2;
        trickle = Math.clamp(trickle, least, Math.max(least, most));
        return trickle;
    }

    private long growth(long now) {
        long room = Math.max(0, growthMax - (used - base));
        if (room > growthMax / STUCK_PART) {
            stuckSince = 0;
            return room;
        }
        if (stuckSince == 0) {
            stuckSince = now;
        } else if (now - stuckSince >= STUCK_NANOS) {
            stuckSince = 0;
            base = used - growthMax / 2;
            return growthMax - growthMax / 2;
        }
        return room;
    }

    /** Whether frames only trickle, for want of memory. */
    public synchronized boolean trickles() {
        return trickles;
    }

    @Override
    public synchronized void close() {
        tcp.close();
    }
}
