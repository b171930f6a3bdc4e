package io.mooring.ring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.mooring.sys.Abi;
import io.mooring.sys.Errno;
import io.mooring.sys.OffHeap;
import io.mooring.sys.SetupException;
import io.mooring.sys.Syscalls;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.FutureTask;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(120)
class RingTest {
    private static final int EINVAL = Errno.EINVAL;

    @ParameterizedTest
    @EnumSource
    void nopsAcrossManyWrapsOfBothQueues(Variant variant) {
        SplittableRandom random = new SplittableRandom(1);
        try (Ring ring = variant.open(8, 16)) {
            Driver driver = new Driver(ring);
            long sent = 0;
            long seen = 0;
            while (seen < 5_000) {
                int batch = 1 + random.nextInt(8);
                for (int i = 0; i < batch; i++) {
                    Sqe.prepNop(driver.sq.next(), sent++);
                }
                assertThat(driver.sq.pending()).isEqualTo(batch);
                assertThat(driver.enter()).isEqualTo(batch);
                assertThat(driver.sq.pending()).isZero();
                for (Completion completion : driver.queued()) {
                    assertThat(completion).isEqualTo(new Completion(seen++, 0, 0));
                }
                assertThat(seen).isEqualTo(sent);
            }
            assertThat(driver.sq.dropped()).isZero();
            assertThat(driver.cq.lost()).isZero();
            assertThat(ring.overflowed()).isFalse();
        }
    }

    @ParameterizedTest
    @EnumSource
    void aFullSubmissionQueueHasNoRoom(Variant variant) {
        try (Ring ring = variant.open(8, 8)) {
            Driver driver = new Driver(ring);
            SubmissionQueue sq = ring.sq();
            assertThat(sq.capacity()).isEqualTo(8);
            assertThat(ring.cq().capacity()).isEqualTo(8);
            for (int round = 0; round < 3; round++) {
                for (int i = 0; i < 8; i++) {
                    assertThat(sq.room()).isEqualTo(8 - i);
                    assertThat(sq.pending()).isEqualTo(i);
                    Sqe.prepNop(sq.next(), i);
                }
                assertThat(sq.room()).isZero();
                assertThatThrownBy(sq::next).isInstanceOf(IllegalStateException.class)
                    .hasMessage("submission queue full");
                assertThat(sq.pending()).isEqualTo(8);
                assertThat(driver.posted()).extracting(Completion::userData)
                    .containsExactly(0L, 1L, 2L, 3L, 4L, 5L, 6L, 7L);
                assertThat(sq.room()).isEqualTo(8);
            }
        }
    }

    /** Every entry is another 64 bytes, until the queue comes round. */
    @Test
    void entriesLieApart() {
        try (Ring ring = Variant.NEWEST.open(4, 4)) {
            Driver driver = new Driver(ring);
            List<Long> first = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                first.add(ring.sq().next());
                Sqe.prepNop(first.get(i), i);
            }
            assertThat(first).isEqualTo(LongStream.range(0, 4).map(i -> first.get(0) + 64 * i)
                .boxed().toList());
            driver.posted();
            assertThat(ring.sq().next()).isEqualTo(first.get(0));
        }
    }

    /** A queue of eight and forty completions: the rest waits in the kernel, in order. */
    @ParameterizedTest
    @EnumSource
    void anOverflownCompletionQueueLosesNothing(Variant variant) {
        try (Ring ring = variant.open(8, 8)) {
            Driver driver = new Driver(ring);
            for (int batch = 0; batch < 5; batch++) {
                for (int i = 0; i < 8; i++) {
                    Sqe.prepNop(ring.sq().next(), batch * 8 + i);
                }
                int consumed = ring.submitAndWait(0, 0);
                assertThat(consumed).as(Errno.text(consumed)).isEqualTo(8);
                assertThat(ring.overflowed()).as("batch %d", batch).isEqualTo(batch > 0);
                assertThat(ring.hasWork()).isTrue();
                assertThat(ring.cq().tail() - ring.cq().head()).isEqualTo(8);
            }
            List<Completion> all = new ArrayList<>();
            for (int turn = 0; turn < 40 && all.size() < 40; turn++) {
                all.addAll(driver.queued());
                driver.enter();
            }
            assertThat(all).extracting(Completion::userData)
                .isEqualTo(LongStream.range(0, 40).boxed().toList());
            assertThat(driver.queued()).isEmpty();
            assertThat(ring.overflowed()).isFalse();
            assertThat(ring.hasWork()).isFalse();
            assertThat(ring.cq().lost()).isZero();
        }
    }

    /** Read one by one, with more submitted in between: the order still holds. */
    @Test
    void overflowAndNewSubmissionsKeepTheOrder() {
        try (Ring ring = Variant.NEWEST.open(4, 4)) {
            Driver driver = new Driver(ring);
            long sent = 0;
            for (int batch = 0; batch < 4; batch++) {
                while (ring.sq().room() > 0) {
                    Sqe.prepNop(ring.sq().next(), sent++);
                }
                driver.enter();
            }
            for (long seen = 0; seen < sent; seen++) {
                if (sent < 300) {
                    Sqe.prepNop(ring.sq().next(), sent++);
                    driver.enter();
                }
                assertThat(driver.next().userData()).isEqualTo(seen);
            }
            assertThat(ring.cq().lost()).isZero();
        }
    }

    @ParameterizedTest
    @EnumSource
    void aTimeoutIsNoError(Variant variant) {
        try (Ring ring = variant.open(4, 4)) {
            for (long nanos : new long[] {0, 1, 1_000_000}) {
                int result = ring.submitAndWait(1, nanos);
                assertThat(result).as(Errno.text(result)).isIn(0, -Errno.EINTR);
                assertThat(ring.cq().head()).isEqualTo(ring.cq().tail());
            }
            // With a submission whose completion never comes, it is the submission that counts.
            int fd = Syscalls.eventfd(0, Abi.EFD_CLOEXEC);
            Sqe.prepPollFd(ring.sq().next(), fd, Abi.POLLIN, 1);
            assertThat(ring.submitAndWait(1, 1_000_000)).isEqualTo(1);
            assertThat(ring.cq().head()).isEqualTo(ring.cq().tail());
            Syscalls.close(fd);
        }
    }

    @Test
    void aWaitEndsWithTheCompletion() {
        try (Ring ring = Variant.NEWEST.open(4, 4)) {
            Driver driver = new Driver(ring);
            Sqe.prepNop(ring.sq().next(), 1);
            assertThat(ring.submitAndWait(1, -1)).isEqualTo(1); // for ever, if it must be
            assertThat(driver.queued()).containsExactly(new Completion(1, 0, 0));
            Sqe.prepNop(ring.sq().next(), 2);
            Sqe.prepNop(ring.sq().next(), 3);
            assertThat(ring.submitAndWait(2, 3_600_000_000_000L)).isEqualTo(2);
            assertThat(driver.queued()).hasSize(2);
        }
    }

    /** One that is no operation fails alone; the others around it are submitted all the same. */
    @ParameterizedTest
    @EnumSource
    void aBadEntryDoesNotStopTheOthers(Variant variant) {
        try (Ring ring = variant.open(8, 8)) {
            Driver driver = new Driver(ring);
            Sqe.prepNop(ring.sq().next(), 1);
            long bad = ring.sq().next();
            Sqe.prepNop(bad, 2);
            OffHeap.putByte(bad, (byte) 255);
            Sqe.prepNop(ring.sq().next(), 3);
            assertThat(driver.posted()).containsExactlyInAnyOrder(new Completion(1, 0, 0),
                new Completion(2, -EINVAL, 0), new Completion(3, 0, 0));
            assertThat(ring.sq().pending()).isZero();
            assertThat(ring.sq().dropped()).isZero();
        }
    }

    @Test
    void hasWork() {
        try (Ring ring = Variant.NEWEST.open(4, 4)) {
            assertThat(ring.hasWork()).isFalse();
            Sqe.prepNop(ring.sq().next(), 1);
            assertThat(ring.hasWork()).as("to be submitted").isTrue();
            ring.submitAndWait(0, 0);
            assertThat(ring.hasWork()).as("to be read").isTrue();
            new Driver(ring).queued();
            assertThat(ring.hasWork()).isFalse();
        }
    }

    /** The eventfd is added to with each completion, also of what happens between two enters. */
    @Tag("io_uring") // a thread has one epoll ring
    @Test
    void anEventFdTellsOfCompletions() {
        int wake = Syscalls.eventfd(0, Abi.EFD_CLOEXEC); // blocking
        int source = Syscalls.eventfd(0, Abi.EFD_CLOEXEC);
        long memory = OffHeap.map(8);
        try (Ring ring = Variant.NEWEST.open(4, 4)) {
            ring.registerEventFd(wake);
            Driver driver = new Driver(ring);
            Sqe.prepNop(ring.sq().next(), 1);
            driver.enter();
            assertThat(Syscalls.read(wake, memory, 8)).isEqualTo(8);
            assertThat(OffHeap.getLong(memory)).isPositive();
            assertThat(driver.queued()).hasSize(1);

            Sqe.prepPollFd(ring.sq().next(), source, Abi.POLLIN, 2);
            assertThat(driver.posted()).isEmpty();
            assertThat(ring.hasWork()).isFalse();
            OffHeap.putLong(memory, 1);
            Syscalls.write(source, memory, 8);
            assertThat(Syscalls.read(wake, memory, 8)).isEqualTo(8); // waits for it
            assertThat(ring.hasWork()).as("deferred until the next enter").isTrue();
            assertThat(driver.queued()).isEmpty();
            assertThat(driver.next(2).result()).isEqualTo(Abi.POLLIN);
            assertThat(ring.hasWork()).isFalse();

            SetupException twice = catchThrowableOfType(SetupException.class,
                () -> ring.registerEventFd(wake));
            assertThat(twice.errno()).isEqualTo(Errno.EBUSY);
            assertThat(twice.getMessage()).contains("cannot register an eventfd", "seccomp");
        } finally {
            OffHeap.unmap(memory, 8);
            Syscalls.close(wake);
            Syscalls.close(source);
        }
    }

    /** What comes while signals are off is not signalled, but seen by {@link Ring#hasWork}. */
    @Tag("io_uring") // a thread has one epoll ring
    @Test
    @Timeout(60)
    void anEventFdThatIsTurnedOffAndOn() {
        int wake = Syscalls.eventfd(0, Abi.EFD_CLOEXEC | Abi.EFD_NONBLOCK);
        int source = Syscalls.eventfd(0, Abi.EFD_CLOEXEC);
        long memory = OffHeap.map(8);
        try (Ring ring = Variant.NEWEST.open(4, 4)) {
            ring.registerEventFd(wake);
            Driver driver = new Driver(ring);
            for (boolean on : new boolean[] {false, true, false}) {
                ring.cq().signalEventFd(on);
                Sqe.prepPollFd(ring.sq().next(), source, Abi.POLLIN, 2);
                assertThat(driver.posted()).isEmpty();
                OffHeap.putLong(memory, 1);
                Syscalls.write(source, memory, 8);
                assertThat(ring.hasWork()).isTrue();
                // One eventfd signals another only after a grace period: it may take a while.
                long read = Syscalls.read(wake, memory, 8);
                while (on && read == -Errno.EAGAIN) {
                    Thread.onSpinWait();
                    read = Syscalls.read(wake, memory, 8);
                }
                assertThat(read).isEqualTo(on ? 8 : -Errno.EAGAIN);
                assertThat(driver.next(2).result()).isEqualTo(Abi.POLLIN);
                Syscalls.read(source, memory, 8);
                Syscalls.read(wake, memory, 8); // what the completion itself signalled
            }
        } finally {
            OffHeap.unmap(memory, 8);
            Syscalls.close(wake);
            Syscalls.close(source);
        }
    }

    /** EEXIST; a registered ring is registered for one thread, so another does not find it. */
    @Tag("io_uring") // the kernel's check
    @ParameterizedTest
    @EnumSource
    void anotherThreadIsRefused(Variant variant) throws Exception {
        boolean registered = variant.features().registeredRing();
        try (Ring ring = variant.open(4, 4)) {
            FutureTask<Integer> task = new FutureTask<>(() -> ring.submitAndWait(0, 0));
            Thread.ofPlatform().start(task);
            int result = task.get();
            assertThat(result).as(Errno.text(result))
                .isIn(registered ? List.of(-EINVAL, -Errno.EBADF) : List.of(-Errno.EEXIST));
            Sqe.prepNop(ring.sq().next(), 1);
            assertThat(new Driver(ring).next(1).result()).isZero(); // its own is still served
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 1024})
    void sizes(int entries) {
        try (Ring ring = Variant.NEWEST.open(entries, entries)) {
            Driver driver = new Driver(ring);
            assertThat(ring.sq().capacity()).isEqualTo(entries);
            assertThat(ring.cq().capacity()).isEqualTo(entries);
            for (int round = 0; round < 3; round++) {
                for (int i = 0; i < entries; i++) {
                    Sqe.prepNop(ring.sq().next(), i);
                }
                assertThat(driver.posted()).hasSize(entries);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, -1, 1 << 20})
    void aSizeThatTheKernelRefuses(int entries) {
        SetupException refused = catchThrowableOfType(SetupException.class,
            () -> Variant.NEWEST.open(entries, entries));
        assertThat(refused.errno()).isEqualTo(EINVAL);
        assertThat(refused.getMessage()).contains("cannot set up a ring of " + entries)
            .doesNotContain("\n");
    }

    @Test
    void flagsOfACompletion() {
        assertThat(CompletionQueue.buffer(0)).isEqualTo(-1);
        assertThat(CompletionQueue.buffer(0xffff0000)).isEqualTo(-1);
        assertThat(CompletionQueue.buffer(1)).isZero();
        assertThat(CompletionQueue.buffer(0x7fff0003)).isEqualTo(32_767);
        assertThat(CompletionQueue.buffer(0xffff0001)).isEqualTo(65_535);
        assertThat(CompletionQueue.more(2)).isTrue();
        assertThat(CompletionQueue.more(0xfffffffd)).isFalse();
    }
}
