package io.mooring.swarm;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class OutboxTest {
    /** What is sent while a half is unsettled waits for an enter of its own, and says so. */
    @Test
    void theFillingHalfIsSealedOnceTheOtherOneIsSettled() {
        try (Outbox outbox = new Outbox(100)) {
            assertThat(outbox.hasUnsealed()).isFalse();
            outbox.add(1, 10);
            assertThat(outbox.hasUnsealed()).isTrue();
            outbox.seal(5);
            assertThat(outbox.hasUnsealed()).isFalse();
            assertThat(outbox.settled(4)).isZero();

            outbox.add(2, 10);
            outbox.seal(6); // not yet: what is sealed is not settled
            assertThat(outbox.hasUnsealed()).isTrue();
            assertThat(outbox.settled(6)).isEqualTo(1);
            assertThat(outbox.settledSlot(0)).isEqualTo(1);
            outbox.release();
            assertThat(outbox.hasUnsealed()).isTrue();
            assertThat(outbox.settled(6)).isZero();

            outbox.seal(6);
            assertThat(outbox.hasUnsealed()).isFalse();
            assertThat(outbox.settled(6)).isEqualTo(1);
            assertThat(outbox.settledSlot(0)).isEqualTo(2);
            outbox.release();
        }
    }

    @Test
    void findsWhatCameBackShort() {
        try (Outbox outbox = new Outbox(100)) {
            long start = outbox.end();
            outbox.add(7, 10);
            outbox.add(8, 20);
            outbox.find(8);
            assertThat(outbox.foundAddress()).isEqualTo(start + 10);
            assertThat(outbox.foundBytes()).isEqualTo(20);
            outbox.seal(0);
            assertThat(outbox.settledSlot(0)).isEqualTo(7);
            assertThat(outbox.settledSlot(1)).isEqualTo(-1);
        }
    }
}
