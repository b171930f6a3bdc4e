package io.mooring.probe.source;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A process with three rings and an epoll set, made by hand. */
class ProcessHoldsTest {

    private static final int PID = 9;

    @TempDir
    private Path folder;
    private ProcFs files;

    @BeforeEach
    void make() throws IOException {
        files = new ProcFs(folder, 4096);
        Files.createDirectories(folder.resolve("proc/9/fd"));
        Files.createDirectories(folder.resolve("proc/9/fdinfo"));
        link("3", "socket:[77]");
        link("4", "anon_inode:[eventpoll]");
        link("5", "anon_inode:[io_uring]");
        link("6", "anon_inode:[io_uring]");
        link("7", "anon_inode:[io_uring]");
        link("8", "/dev/null");
        fdinfo("4", "tfd: 3 events: 1 data: 3 pos:0 ino:4d sdev:9\n"
                + "tfd: 9 events: 1 data: 3 pos:0 ino:1 sdev:9\n");
        for (int ring = 0; ring < 3; ring++) {
            fdinfo(5 + ring + "", "SqMask:\t0x7\nCqMask:\t0xf\nUserFiles:\t2\n    0: socket:["
                    + (100 + ring) + "]\n    1: socket:[200]\nUserBufs:\t0\nPollList:\n"
                    + "  op=6, task_works=0\n  op=6, task_works=0\n");
        }
    }

    private void link(String fd, String target) throws IOException {
        Files.createSymbolicLink(folder.resolve("proc/9/fd/" + fd), Path.of(target));
    }

    private void fdinfo(String fd, String text) throws IOException {
        Files.writeString(folder.resolve("proc/9/fdinfo/" + fd), text);
    }

    private ProcessHolds read(int most, AtomicInteger told) {
        ProcessHolds holds = ProcessHolds.list(files, PID).value();
        assertThat(holds.hasRings()).isTrue();
        assertThat(holds.direct.size()).isZero();
        holds.readRings(files, most, told::incrementAndGet);
        holds.readEpolls(files, null);
        return holds;
    }

    @Test
    void allRingsAreReadAndASocketInSeveralIsOne() {
        AtomicInteger told = new AtomicInteger();
        ProcessHolds holds = read(256, told);
        assertThat(told).hasValue(3);
        assertThat(holds.rings).extracting(RingInfo::fd).containsExactlyInAnyOrder(5, 6, 7);
        assertThat(holds.ringsUnread).isZero();
        assertThat(holds.polls(RingInfo.OP_POLL_ADD)).isEqualTo(6);
        assertThat(holds.direct.size()).isEqualTo(4);
        assertThat(holds.owns(102)).isTrue();
        assertThat(holds.owns(77)).isTrue();
        assertThat(holds.epollSockets).isEqualTo(1);
        assertThat(holds.epollOthers).isEqualTo(1);
    }

    @Test
    void ringsBeyondTheMostOrGoneMeanwhileAreCounted() throws IOException {
        assertThat(read(2, new AtomicInteger()).ringsUnread).isEqualTo(1);
        Files.delete(folder.resolve("proc/9/fdinfo/6"));
        ProcessHolds holds = read(256, new AtomicInteger());
        assertThat(holds.ringsUnread).isEqualTo(1);
        assertThat(holds.rings).hasSize(2);
    }

    @Test
    void aRingThatIsNeverFreeIsReadForWhatItTells() throws IOException {
        fdinfo("6", "SqMask:\t0x7\nCqMask:\t0xf\n");
        ProcessHolds holds = read(256, new AtomicInteger());
        assertThat(holds.ringsBusy()).isEqualTo(1);
        assertThat(holds.direct.size()).isEqualTo(3);
    }
}
