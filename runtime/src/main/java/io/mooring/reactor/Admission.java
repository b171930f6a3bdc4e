package io.mooring.reactor;

import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;

/** Who gets in: the bounds that hold over all reactors. Any thread. */
public final class Admission {
    private final int connectionsMax;
    private final int perAddressMax;
    private final AtomicInteger open = new AtomicInteger();
    private final ConcurrentHashMap<Address, Integer> perAddress = new ConcurrentHashMap<>();

    private volatile Refusal refusal;
    private volatile boolean stopped;
    private final LongAdder stops = new LongAdder();

    private record Address(long high, long low) {
    }

    /** @param perAddressMax 0: no bound, and no memory per address */
    public Admission(int connectionsMax, int perAddressMax) {
        this.connectionsMax = connectionsMax;
        this.perAddressMax = perAddressMax;
    }

    // ---- by memory

    /** From now on each new connection is answered 503, with the cause. */
    public void refuse(Refusal cause) {
        stopped = false;
        refusal = cause;
    }

    /**
     * From now on no accept is begun; those that are in the kernel already are answered 503. Every
     * socket costs memory until it is closed, a refused one too: peers wait in the listener.
     */
    public void stop(Refusal cause) {
        refusal = cause;
        if (!stopped) {
            stopped = true;
            stops.increment();
        }
    }

    /** From now on connections are admitted again. */
    public void admit() {
        stopped = false;
        refusal = null;
    }

    /** Why new connections are refused; null if they are not. */
    public Refusal refusal() {
        return refusal;
    }

    /** Whether no accept may be begun. */
    public boolean isStopped() {
        return stopped;
    }

    /** How often accepting was stopped. */
    public long stops() {
        return stops.sum();
    }

    // ---- by number

    boolean tryEnter() {
        if (open.incrementAndGet() > connectionsMax) {
            open.decrementAndGet();
            return false;
        }
        return true;
    }

    void leave() {
        int left = open.decrementAndGet();
        assert left >= 0 : left;
    }

    boolean limitsAddresses() {
        return perAddressMax > 0;
    }

    /** @param high and low: the 16 address bytes */
    boolean tryEnter(long high, long low) {
        boolean[] entered = new boolean[1];
        perAddress.compute(new Address(high, low), (address, count) -> {
            int now = count == null ? 0 : count;
            entered[0] = now < perAddressMax;
            return entered[0] ? now + 1 : count;
        });
        return entered[0];
    }

    void leave(long high, long low) {
        perAddress.computeIfPresent(new Address(high, low), (address, count) ->
            count == 1 ? null : count - 1);
    }

    /** Connections admitted and not yet closed. */
    public int open() {
        return open.get();
    }

    public int connectionsMax() {
        return connectionsMax;
    }
}
