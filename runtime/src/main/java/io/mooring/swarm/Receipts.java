package io.mooring.swarm;

import io.mooring.sys.OffHeap;
import java.util.Arrays;
import org.HdrHistogram.Histogram;

/**
 * Judges the messages that come, piece by piece, and counts them; one per worker.
 *
 * <p>An echo must be the next of what its connection has sent; a broadcast any later one of the
 * publisher's, whole; what is skipped is missing, what comes again is a duplicate.
 */
final class Receipts {
    private static final long LATENCY_MAX = 3_600_000_000_000L;
    private static final int DIGITS = 3;

    private final Scenario scenario;
    /** What the publisher's messages carry instead of a connection's number. */
    private final int broadcastTag;
    private final Broadcasts broadcasts;
    private final int echoBytes;

    final Histogram latency = new Histogram(LATENCY_MAX, DIGITS);
    private long received;
    private long corrupt;
    private long duplicates;
    private long unverified;
    /** By number of the broadcast. */
    private int[] receivers = new int[16];
    private long[] lastReceipt = new long[16];
    /** The last broadcast when something wrong came last, and how much did since it was sent. */
    private int wrongNumber = -1;
    private int wrong;

    Receipts(Scenario scenario, int echoBytes, int broadcastTag, Broadcasts broadcasts) {
        this.scenario = scenario;
        this.echoBytes = echoBytes;
        this.broadcastTag = broadcastTag;
        this.broadcasts = broadcasts;
    }

    /** Some bytes of connection {@code c}'s message under way, from {@link Slot#at} on. */
    void accept(long c, int tag, long address, int bytes) {
        if (scenario == Scenario.IDLE || Slot.is(c, Slot.UNJUDGED)) {
            return;
        }
        int at = Slot.at(c);
        long from = address;
        long end = address + bytes;
        if (at == 0 && bytes >= Message.PREFIX) {
            wholePrefix(c, tag, address);
            from += Message.PREFIX;
            at = Message.PREFIX;
        } else {
            for (; at < Message.PREFIX && from < end; at++, from++) {
                prefixByte(c, tag, at, OffHeap.getByte(from) & 0xff);
            }
        }
        if (from < end && !Slot.is(c, Slot.CORRUPT) && !Message.matches(number(c),
                scenario == Scenario.ECHO ? tag : broadcastTag, at, from, (int) (end - from))) {
            Slot.set(c, Slot.CORRUPT);
        }
    }

    private int number(long c) {
        return scenario == Scenario.ECHO ? Slot.expected(c) : Slot.number(c);
    }

    private void wholePrefix(long c, int tag, long address) {
        int number = OffHeap.getInt(address);
        int sender = OffHeap.getInt(address + Message.TAG);
        if (scenario == Scenario.ECHO) {
            if (number != Slot.expected(c) || sender != tag) {
                Slot.set(c, Slot.CORRUPT);
            }
        } else {
            Slot.number(c, number);
            if (sender != broadcastTag) {
                Slot.set(c, Slot.CORRUPT);
            }
        }
        Slot.stamp(c, OffHeap.getLong(address + Message.STAMP));
    }

    /** Little endian, as everything that is written here. */
    private void prefixByte(long c, int tag, int at, int value) {
        if (at >= Message.STAMP) {
            long before = at == Message.STAMP ? 0 : Slot.stamp(c);
            Slot.stamp(c, before | (long) value << 8 * (at - Message.STAMP));
        } else if (at >= Message.TAG) {
            int sender = scenario == Scenario.ECHO ? tag : broadcastTag;
            judge(c, (sender >>> 8 * (at - Message.TAG) & 0xff) == value);
        } else if (scenario == Scenario.ECHO) {
            judge(c, (Slot.expected(c) >>> 8 * at & 0xff) == value);
        } else {
            int before = at == 0 ? 0 : Slot.number(c);
            Slot.number(c, before | value << 8 * at);
        }
    }

    private static void judge(long c, boolean right) {
        if (!right) {
            Slot.set(c, Slot.CORRUPT);
        }
    }

    /** The message is complete. True if it is an echo that was waited for, right or wrong. */
    boolean end(long c, long now) {
        if (scenario == Scenario.IDLE || Slot.is(c, Slot.UNJUDGED)) {
            unverified++;
            return false;
        }
        boolean right = !Slot.is(c, Slot.CORRUPT);
        Slot.clear(c, Slot.CORRUPT);
        return scenario == Scenario.ECHO ? endEcho(c, right, now) : endBroadcast(c, right, now);
    }

    private boolean endEcho(long c, boolean right, long now) {
        if (Slot.expected(c) == Slot.sent(c)) {
            corrupt++; // nothing was sent
            return false;
        }
        if (right && Slot.at(c) == echoBytes) {
            received++;
            latency.recordValue(latency(c, now));
        } else {
            corrupt++;
        }
        Slot.expected(c, Slot.expected(c) + 1);
        return true;
    }

    private boolean endBroadcast(long c, boolean right, long now) {
        int number = Slot.number(c);
        if (!right || Slot.at(c) < Message.PREFIX || !broadcasts.has(number)
                || Slot.at(c) != broadcasts.bytes(number)) {
            corrupt++;
            countWrong();
            return false;
        }
        if (number < Slot.expected(c)) {
            duplicates++;
            countWrong();
            return false;
        }
        Slot.expected(c, number + 1);
        received++;
        if (number >= receivers.length) {
            int room = Integer.highestOneBit(number) << 1;
            receivers = Arrays.copyOf(receivers, room);
            lastReceipt = Arrays.copyOf(lastReceipt, room);
        }
        receivers[number]++;
        lastReceipt[number] = now;
        latency.recordValue(latency(c, now));
        return false;
    }

    /** Which broadcast it was to be cannot be known: it counts for the last one. */
    private void countWrong() {
        int last = broadcasts.count() - 1;
        wrong = wrongNumber == last ? wrong + 1 : 1;
        wrongNumber = last;
    }

    private static long latency(long c, long now) {
        return Math.clamp(now - Slot.stamp(c), 0, LATENCY_MAX);
    }

    /** Right ones. */
    long received() {
        return received;
    }

    long corrupt() {
        return corrupt;
    }

    long duplicates() {
        return duplicates;
    }

    /** Messages that nobody was to judge. */
    long unverified() {
        return unverified;
    }

    /** How many connections have received a broadcast. */
    int receivers(int number) {
        return number >= 0 && number < receivers.length ? receivers[number] : 0;
    }

    /** How many messages came wrong or twice while this was the last broadcast. */
    int wrong(int number) {
        return wrongNumber == number ? wrong : 0;
    }

    /** When the last of them did, nanoTime; meaningless while there is none. */
    long lastReceipt(int number) {
        return number < lastReceipt.length ? lastReceipt[number] : 0;
    }
}
