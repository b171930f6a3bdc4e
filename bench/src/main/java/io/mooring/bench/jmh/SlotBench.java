package io.mooring.bench.jmh;

import io.mooring.conn.ConnectionTable;
import io.mooring.conn.IdleWheel;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** A connection's slot: taken and freed; its deadline: moved, and come. 16,384 are in use. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class SlotBench {

    private static final int SLOTS = 1 << 15;
    private static final int USED = SLOTS / 2;
    /** Odd, so that every slot has its turn, none beside the one before. */
    private static final int STEP = 6_151;
    private static final int PERIOD_TICKS = 1_875;

    private ConnectionTable table;
    private IdleWheel wheel;
    private int slot;
    private int now;

    @Setup(Level.Trial)
    public void make() {
        table = new ConnectionTable(SLOTS);
        wheel = new IdleWheel(table, now);
        for (int i = 0; i < USED; i++) {
            wheel.schedule(table.take(), 1 + i % PERIOD_TICKS);
        }
    }

    @TearDown(Level.Trial)
    public void free() {
        table.close();
    }

    @Benchmark
    @AllocatesNothing
    public int takeAndFree() {
        int taken = table.take();
        table.free(taken);
        return taken;
    }

    @Benchmark
    @AllocatesNothing
    public int moveDeadline() {
        slot = slot + STEP & USED - 1;
        wheel.schedule(slot, now + 1 + (slot & 1023));
        return slot;
    }

    /** The next one that is due, whatever ticks go by until then; it is scheduled a period on. */
    @Benchmark
    @AllocatesNothing
    public int nextDeadline() {
        int due = wheel.poll(now);
        while (due < 0) {
            due = wheel.poll(++now);
        }
        wheel.schedule(due, now + PERIOD_TICKS);
        return due;
    }
}
