package io.mooring.swarm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mooring.sys.OffHeap;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class SlotTableTest {
    @Test
    void givesEachSlotOnce() {
        try (SlotTable table = new SlotTable(100)) {
            SplittableRandom random = new SplittableRandom(1);
            List<Integer> held = new ArrayList<>();
            for (int i = 0; i < 10_000; i++) {
                if (random.nextInt(100) < 55) {
                    int slot = table.take();
                    if (held.size() == 100) {
                        assertThat(slot).isEqualTo(-1);
                        assertThat(table.isFull()).isTrue();
                        continue;
                    }
                    assertThat(held).doesNotContain(slot);
                    Slot.state(table.at(slot), Slot.OPEN);
                    Slot.expected(table.at(slot), i);
                    held.add(slot);
                } else if (!held.isEmpty()) {
                    int slot = held.remove(random.nextInt(held.size()));
                    int generation = Slot.generation(table.at(slot));
                    table.free(slot);
                    assertThat(Slot.generation(table.at(slot))).isEqualTo(generation + 1 & 0xff);
                    assertThat(Slot.expected(table.at(slot))).isZero();
                }
                table.invariants();
                assertThat(table.inUse()).isEqualTo(held.size());
            }
        }
    }

    @Test
    void seesABrokenList() {
        try (SlotTable table = new SlotTable(4)) {
            int slot = table.take();
            table.free(slot);
            Slot.state(table.at(slot), Slot.OPEN);
            assertThatThrownBy(table::invariants).isInstanceOf(IllegalStateException.class);
        }
    }

    /** Every field is where no other one is, and naturally aligned. */
    @Test
    void fieldsDoNotOverlap() {
        long c = OffHeap.map(Slot.BYTES);
        Slot.state(c, Slot.DEAD);
        Slot.set(c, Slot.OURS | Slot.IN_PAYLOAD);
        Slot.first(c, 0x81);
        Slot.second(c, 0xfe);
        Slot.headerBytes(c, 9);
        Slot.addOp(c, Slot.OP_POLL);
        Slot.addOp(c, Slot.OP_CLOSE);
        Slot.left(c, 0x7fff_ffff);
        Slot.at(c, 0x1234_5678);
        Slot.expected(c, -2);
        Slot.sent(c, 77);
        Slot.stamp(c, Long.MIN_VALUE);
        assertThat(Slot.state(c)).isEqualTo(Slot.DEAD);
        assertThat(Slot.generation(c)).isZero();
        assertThat(Slot.is(c, Slot.OURS)).isTrue();
        assertThat(Slot.is(c, Slot.WANTS | Slot.CORRUPT)).isFalse();
        assertThat(Slot.first(c)).isEqualTo(0x81);
        assertThat(Slot.second(c)).isEqualTo(0xfe);
        assertThat(Slot.headerBytes(c)).isEqualTo(9);
        assertThat(Slot.ops(c)).isEqualTo(Slot.OP_POLL | Slot.OP_CLOSE);
        assertThat(Slot.left(c)).isEqualTo(0x7fff_ffff);
        assertThat(Slot.at(c)).isEqualTo(0x1234_5678);
        assertThat(Slot.expected(c)).isEqualTo(-2);
        assertThat(Slot.number(c)).isEqualTo(77);
        assertThat(Slot.place(c)).isEqualTo(77);
        assertThat(Slot.stamp(c)).isEqualTo(Long.MIN_VALUE);
        OffHeap.unmap(c, Slot.BYTES);
    }
}
