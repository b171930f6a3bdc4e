package io.mooring.conn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mooring.sys.OffHeap;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.lang.reflect.Field;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.LongUnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The 64 bytes, seen from outside: which bytes does each accessor read and write? */
class ConnectionTest {
    private static final int GUARD = 64;
    private static final int BYTES = GUARD + Connection.BYTES + GUARD;

    @FunctionalInterface
    private interface Setter {
        void set(long c, long value);
    }

    private record Accessor(String name, int bytes, boolean signed, LongUnaryOperator get,
        Setter set) {
    }

    private static final List<Accessor> ACCESSORS = List.of(
        new Accessor("generation", 4, true, Connection::generation,
            (c, v) -> Connection.generation(c, (int) v)),
        new Accessor("phase", 1, true, Connection::phase, (c, v) -> Connection.phase(c, (int) v)),
        new Accessor("ops", 1, false, Connection::ops, ConnectionTest::setOps),
        new Accessor("flags", 2, false, ConnectionTest::flags, ConnectionTest::setFlags),
        new Accessor("assembly", 4, true, Connection::assembly,
            (c, v) -> Connection.assembly(c, (int) v)),
        new Accessor("output", 4, true, Connection::output,
            (c, v) -> Connection.output(c, (int) v)),
        new Accessor("wheelNext", 4, true, c -> OffHeap.getInt(c + Connection.WHEEL_NEXT),
            (c, v) -> OffHeap.putInt(c + Connection.WHEEL_NEXT, (int) v)),
        new Accessor("wheelPrev", 4, true, c -> OffHeap.getInt(c + Connection.WHEEL_PREV),
            (c, v) -> OffHeap.putInt(c + Connection.WHEEL_PREV, (int) v)),
        new Accessor("subscriptions", 4, true, Connection::subscriptions,
            (c, v) -> Connection.subscriptions(c, (int) v)),
        new Accessor("activeTick", 4, true, Connection::activeTick,
            (c, v) -> Connection.activeTick(c, (int) v)),
        new Accessor("handler", 1, false, Connection::handler,
            (c, v) -> Connection.handler(c, (int) v)),
        new Accessor("heat", 1, false, Connection::heat, (c, v) -> Connection.heat(c, (int) v)),
        new Accessor("sendRecord", 2, false, Connection::sendRecord,
            (c, v) -> Connection.sendRecord(c, (int) v)),
        new Accessor("closeCode", 2, false, Connection::closeCode,
            (c, v) -> Connection.closeCode(c, (int) v)),
        new Accessor("peerPort", 2, false, Connection::peerPort,
            (c, v) -> Connection.peerPort(c, (int) v)),
        new Accessor("peerAddress, upper half", 8, true,
            c -> OffHeap.getLong(c + Connection.PEER_ADDRESS),
            (c, v) -> OffHeap.putLong(c + Connection.PEER_ADDRESS, v)),
        new Accessor("peerAddress, lower half", 8, true,
            c -> OffHeap.getLong(c + Connection.PEER_ADDRESS + 8),
            (c, v) -> OffHeap.putLong(c + Connection.PEER_ADDRESS + 8, v)),
        new Accessor("attachment", 8, true, Connection::attachment, Connection::attachment));

    private final Arena arena = Arena.ofConfined();
    private final long memory = arena.allocate(BYTES, 64).address();
    private final long c = memory + GUARD;

    @AfterEach
    void free() {
        arena.close();
    }

    @Test
    void fieldsFillTheSlotAlignedAndApart() {
        BitSet taken = new BitSet();
        for (Accessor accessor : ACCESSORS) {
            BitSet touched = touchedBy(accessor);
            int first = touched.nextSetBit(0);
            assertThat(touched.cardinality()).as(accessor.name).isEqualTo(accessor.bytes);
            assertThat(touched.length() - first).as(accessor.name).isEqualTo(accessor.bytes);
            assertThat(first % accessor.bytes).as("%s at %d", accessor.name, first).isZero();
            assertThat(first + accessor.bytes).as(accessor.name)
                .isLessThanOrEqualTo(Connection.BYTES);
            assertThat(taken.intersects(touched)).as("%s overlaps", accessor.name).isFalse();
            taken.or(touched);
        }
        assertThat(taken.cardinality()).isEqualTo(Connection.BYTES).isEqualTo(64);
        assertThat(Connection.PEER_ADDRESS_BYTES).isEqualTo(16);
    }

    /** Which of the slot's bytes change, from zeros to ones and back; none outside may. */
    private BitSet touchedBy(Accessor accessor) {
        BitSet touched = new BitSet();
        for (long value : new long[] {-1, 0}) {
            byte other = (byte) ~value;
            OffHeap.ALL.asSlice(memory, BYTES).fill(other);
            accessor.set.set(c, value);
            for (int i = 0; i < BYTES; i++) {
                if (OffHeap.getByte(memory + i) != other) {
                    touched.set(i - GUARD); // throws for one in front
                }
            }
        }
        return touched;
    }

    @Test
    void accessorsReadWhatTheyWrote() {
        SplittableRandom random = new SplittableRandom(3);
        byte[] before = new byte[BYTES];
        for (int round = 0; round < 500; round++) {
            random.nextBytes(before);
            OffHeap.copy(before, 0, memory, BYTES);
            Accessor one = ACCESSORS.get(random.nextInt(ACCESSORS.size()));
            long[] others = ACCESSORS.stream().mapToLong(a -> a.get.applyAsLong(c)).toArray();
            long value = random.nextLong();
            one.set.set(c, value);
            others[ACCESSORS.indexOf(one)] = cut(one, value);
            long[] after = ACCESSORS.stream().mapToLong(a -> a.get.applyAsLong(c)).toArray();
            if (!Arrays.equals(after, others)) {
                throw new AssertionError("round " + round + ": " + one.name + " of "
                    + Long.toHexString(value) + " made " + Arrays.toString(after));
            }
        }
    }

    private static long cut(Accessor accessor, long value) {
        int away = Long.SIZE - 8 * accessor.bytes;
        return accessor.signed ? value << away >> away : value << away >>> away;
    }

    @Test
    void operationsAreOneBitEach() throws Exception {
        List<Integer> all = new ArrayList<>();
        for (Field field : Connection.class.getFields()) {
            if (field.getName().startsWith("OP_")) {
                all.add(field.getInt(null));
            }
        }
        assertThat(all).hasSize(8).doesNotHaveDuplicates()
            .allMatch(op -> Integer.bitCount(op) == 1 && op < 1 << 8);
        for (int op : all) {
            assertThat(Connection.hasOp(c, op)).isFalse();
            Connection.addOp(c, op);
            assertThat(Connection.hasOp(c, op)).isTrue();
            assertThatThrownBy(() -> Connection.addOp(c, op)).isInstanceOf(AssertionError.class);
        }
        assertThat(Connection.ops(c)).isEqualTo(255);
        for (int op : all) {
            Connection.removeOp(c, op);
            assertThat(Connection.hasOp(c, op)).isFalse();
            assertThatThrownBy(() -> Connection.removeOp(c, op))
                .isInstanceOf(AssertionError.class);
        }
        assertThat(Connection.ops(c)).isZero();
        Connection.addOp(c, Connection.OP_RECV);
        assertThat(Connection.hasOp(c, Connection.OPS_RECEIVING)).isTrue();
        assertThat(Connection.hasOp(c, Connection.OP_POLL)).isFalse();
    }

    @Test
    void flagsAreOneBitEach() throws Exception {
        List<Integer> all = new ArrayList<>();
        for (Field field : Connection.class.getFields()) {
            if (field.getName().startsWith("FLAG_")) {
                all.add(field.getInt(null));
            }
        }
        assertThat(all).isNotEmpty().doesNotHaveDuplicates()
            .allMatch(flag -> Integer.bitCount(flag) == 1 && flag < 1 << 16);
        for (int flag : all) {
            assertThat(Connection.is(c, flag)).isFalse();
            Connection.set(c, flag);
            Connection.set(c, flag);
            assertThat(Connection.is(c, flag)).isTrue();
        }
        for (int flag : all) {
            Connection.clear(c, flag);
            Connection.clear(c, flag);
            assertThat(Connection.is(c, flag)).isFalse();
        }
        assertThat(OffHeap.ALL.asSlice(c, 64).toArray(ValueLayout.JAVA_BYTE))
            .containsOnly(0);
    }

    @Test
    void everyPhaseHasAName() throws Exception {
        List<String> names = new ArrayList<>();
        for (Field field : Phase.class.getFields()) {
            names.add(Phase.name(field.getInt(null)));
        }
        assertThat(names).hasSize(9).doesNotHaveDuplicates().doesNotContainNull();
        assertThat(Phase.name(Phase.CLOSE_WAIT)).isEqualTo("close-wait");
    }

    private static void setOps(long c, long value) {
        for (int op = 1; op < 1 << 8; op <<= 1) {
            if (Connection.hasOp(c, op)) {
                Connection.removeOp(c, op);
            }
            if ((value & op) != 0) {
                Connection.addOp(c, op);
            }
        }
    }

    private static long flags(long c) {
        long flags = 0;
        for (int flag = 1; flag < 1 << 16; flag <<= 1) {
            flags |= Connection.is(c, flag) ? flag : 0;
        }
        return flags;
    }

    private static void setFlags(long c, long value) {
        Connection.clear(c, 0xffff);
        Connection.set(c, (int) value & 0xffff);
    }
}
