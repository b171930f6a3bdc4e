package io.mooring.ring;

import static org.assertj.core.api.Assertions.assertThat;

import io.mooring.sys.Abi;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A thread that sleeps in one ring hears of the work of another. */
@Timeout(120)
@Tag("io_uring") // a thread has one epoll ring
class RingSignalsTest {
    private static final long WAKE = UserData.pack(1, 1, 0);
    private static final long POLL = UserData.pack(2, 1, 0);
    private static final int MS = 1_000_000;

    private final WakeUp wakeUp = new WakeUp();
    /** What the other ring has a poll on. */
    private final WakeUp source = new WakeUp();
    private final RingSignals signals = new RingSignals(wakeUp.eventFd());
    private Driver first;
    private Driver other;

    @BeforeEach
    void open() {
        first = new Driver(Variant.NEWEST.open(8, 8));
        other = new Driver(Variant.NEWEST.open(8, 8));
        signals.add(other.ring);
        Sqe.prepPollFd(first.sq.next(), wakeUp.eventFd(), Abi.POLLIN, WAKE);
        Sqe.prepPollFd(other.sq.next(), source.eventFd(), Abi.POLLIN, POLL);
        first.enter();
        other.enter();
    }

    @AfterEach
    void close() {
        if (first != null) {
            first.ring.close();
        }
        if (other != null) {
            other.ring.close();
        }
    }

    /** Sleeps in the first ring; remembers for how long it was to. */
    private class Bed implements RingSignals.Bed {
        final List<Long> timeouts = new ArrayList<>();

        @Override
        public void enter(int waitFor, long timeoutNanos) {
            timeouts.add(waitFor == 0 ? 0 : timeoutNanos);
            first.ring.submitAndWait(waitFor, timeoutNanos);
        }

        @Override
        public boolean isBusy() {
            return first.cq.head() != first.cq.tail();
        }
    }

    /** As a reactor sleeps: again and again, until there is something to do. */
    private void sleepUntilWork(Bed bed) {
        while (!bed.isBusy() && !other.ring.hasWork()) {
            signals.sleepIn(bed, -1);
        }
    }

    private void work() {
        source.willSleep(); // or it would not write
        source.wake();
    }

    @Test
    void wakesForWorkOfTheOtherRing() throws InterruptedException {
        Thread thread = Thread.ofPlatform().start(this::work);
        sleepUntilWork(new Bed());
        thread.join();
        assertThat(other.next(POLL).result()).isEqualTo(Abi.POLLIN);
    }

    @Test
    void doesNotSleepOverWorkThatIsThere() {
        work();
        Bed bed = new Bed();
        assertThat(signals.sleepIn(bed, -1)).isFalse();
        assertThat(bed.timeouts).containsExactly(0L);
    }

    /** The work comes while the kernel believes that nobody wants to hear of it. */
    @Test
    void findsWorkOfWhichNoSignalTold() {
        Bed deaf = new Bed() {
            @Override
            public void enter(int waitFor, long timeoutNanos) {
                other.cq.signalEventFd(false);
                work();
                super.enter(waitFor, timeoutNanos);
            }
        };
        assertThat(signals.sleepIn(deaf, -1)).isTrue();
        assertThat(first.queued()).as("no signal").isEmpty();
        assertThat(other.next(POLL).result()).isEqualTo(Abi.POLLIN);
    }

    @Test
    void napsGrowWhileNothingHappensAndBeginAnewAfterWork() {
        Bed bed = new Bed();
        for (int i = 0; i < 9; i++) {
            signals.sleepIn(bed, -1);
        }
        assertThat(bed.timeouts).containsExactly(1L * MS, 2L * MS, 4L * MS, 8L * MS, 16L * MS,
            32L * MS, 64L * MS, 128L * MS, 128L * MS);
        bed.timeouts.clear();
        signals.hadWork();
        signals.sleepIn(bed, -1);
        assertThat(bed.timeouts.getFirst()).isEqualTo(1L * MS);
    }

    @Test
    void keepsToAShorterTimeout() {
        Bed bed = new Bed();
        signals.sleepIn(bed, MS / 2);
        assertThat(bed.timeouts).containsExactly(MS / 2L);
    }

    @Test
    void withoutOtherRingsItSleepsAsLongAsItMay() {
        Bed bed = new Bed();
        new RingSignals(wakeUp.eventFd()).sleepIn(bed, 3L * MS);
        assertThat(bed.timeouts).containsExactly(3L * MS);
    }
}
