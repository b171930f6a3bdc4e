package io.mooring.ring;

import static org.assertj.core.api.Assertions.assertThat;

import io.mooring.sys.Errno;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * Drives a ring one completion at a time. It waits for what must come, however long this machine
 * takes; only what never comes fails.
 */
final class Driver {
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(100);

    final Ring ring;
    final SubmissionQueue sq;
    final CompletionQueue cq;

    Driver(Ring ring) {
        this.ring = ring;
        this.sq = ring.sq();
        this.cq = ring.cq();
    }

    /** Submits all and makes completions, without waiting; returns what was consumed. */
    int enter() {
        return enter(0, 0);
    }

    private int enter(int waitFor, long timeoutNanos) {
        int result = ring.submitAndWait(waitFor, timeoutNanos);
        if (result == -Errno.EINTR) {
            return 0; // a signal of the JVM's own
        }
        assertThat(result).as(() -> Errno.text(result)).isNotNegative();
        return result;
    }

    /** The next completion, submitting first and waiting if need be. */
    Completion next() {
        if (cq.head() == cq.tail()) {
            enter();
        }
        long start = System.nanoTime();
        while (cq.head() == cq.tail()) {
            assertThat(System.nanoTime() - start).as("a completion never came")
                .isLessThan(PATIENCE_NANOS);
            enter(1, PATIENCE_NANOS);
        }
        return take();
    }

    /** The next completion, which must be this operation's. */
    Completion next(long userData) {
        Completion completion = next();
        assertThat(completion.userData()).as("%s", completion).isEqualTo(userData);
        return completion;
    }

    /** Has the kernel do what it left for this thread until it is so; completions stay queued. */
    void enterUntil(String what, BooleanSupplier condition) {
        long start = System.nanoTime();
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime() - start).as("still not so: %s", what)
                .isLessThan(PATIENCE_NANOS);
            enter();
            Thread.onSpinWait();
        }
    }

    /** What the kernel has posted up to now, after an enter. */
    List<Completion> posted() {
        enter();
        return queued();
    }

    /** What is in the queue, without an enter. */
    List<Completion> queued() {
        List<Completion> completions = new ArrayList<>();
        while (cq.head() != cq.tail()) {
            completions.add(take());
        }
        return completions;
    }

    private Completion take() {
        long cqe = cq.at(cq.head());
        Completion completion = new Completion(CompletionQueue.userData(cqe),
            CompletionQueue.result(cqe), CompletionQueue.flags(cqe));
        cq.advance();
        cq.release();
        return completion;
    }
}
