package io.mooring.reactor;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class SmallPartsTest {
    @Test
    void aConnectionIdKeepsItsParts() {
        int[] generations = {1, 2, 0x800000, 0xffffff};
        int[] shards = {0, 1, 255, 0xffff};
        int[] slots = {0, 1, 0x800000, 0xffffff};
        for (int generation : generations) {
            for (int shard : shards) {
                for (int slot : slots) {
                    long id = ConnectionId.pack(generation, shard, slot);
                    assertThat(id).isNotZero();
                    assertThat(ConnectionId.generation(id)).isEqualTo(generation);
                    assertThat(ConnectionId.shard(id)).isEqualTo(shard);
                    assertThat(ConnectionId.slot(id)).isEqualTo(slot);
                }
            }
        }
    }

    @Test
    void aBudgetIsTakenToTheByte() {
        ByteBudget budget = new ByteBudget(10);
        assertThat(budget.tryTake(11)).isFalse();
        assertThat(budget.tryTake(4)).isTrue();
        assertThat(budget.tryTake(7)).isFalse();
        assertThat(budget.tryTake(6)).isTrue();
        assertThat(budget.tryTake(1)).isFalse();
        assertThat(budget.usedBytes()).isEqualTo(10);
        budget.give(10);
        assertThat(budget.usedBytes()).isZero();
    }

    @Test
    void admissionCountsConnectionsAndAddresses() {
        Admission admission = new Admission(3, 2);
        assertThat(admission.tryEnter() && admission.tryEnter() && admission.tryEnter()).isTrue();
        assertThat(admission.tryEnter()).isFalse();
        admission.leave();
        assertThat(admission.tryEnter()).isTrue();
        assertThat(admission.open()).isEqualTo(3);

        assertThat(admission.tryEnter(1, 1) && admission.tryEnter(1, 1)).isTrue();
        assertThat(admission.tryEnter(1, 1)).isFalse();
        assertThat(admission.tryEnter(1, 2)).isTrue();
        admission.leave(1, 1);
        assertThat(admission.tryEnter(1, 1)).isTrue();
    }
}
