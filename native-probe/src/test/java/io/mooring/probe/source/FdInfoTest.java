package io.mooring.probe.source;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What the kernel writes about epoll sets and rings, of any length and cut anywhere. */
class FdInfoTest {

    private static InputStream text(String text) {
        return new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void epollItemsAreSocketsOnlyIfTheirInodeIs() throws IOException {
        IntSet sockets = new IntSet();
        sockets.add(0x61af);
        sockets.add(60_773_520);
        EpollInfo info = EpollInfo.read(text("pos:\t0\nflags:\t02000002\nmnt_id:\t17\nino:\t1038\n"
                + "tfd:        5 events:       19 data:                5  pos:0 ino:61af sdev:9\n"
                + "tfd:        6 events:       19 data:        6  pos:0 ino:39f5490 sdev:9\n"
                + "tfd:        7 events:       19 data:                7  pos:0 ino:77 sdev:f\n"),
                sockets);
        assertThat(info).isEqualTo(new EpollInfo(2, 1));
    }

    /** From ten thousand on the kernel's numbers fill their column. */
    @Test
    void allFilesOfALargeRingAreFound() throws IOException {
        StringBuilder text = new StringBuilder("pos:\t0\nino:\t5\nSqMask:\t0x1ff\nCqMask:\t0xfff\n"
                + "SQEs:\t1\n    3: opcode:6, fd:1, flags:0\nCQEs:\t1\n  786: user_data:1, res:2\n"
                + "SqThread:\t-1\nUserFiles:\t120000\n");
        for (int i = 0; i < 110_000; i++) {
            text.append(String.format("%5d: socket:[%d]\n", i, 1000 + i));
        }
        text.append("110001: /tmp/a file\nUserBufs:\t2\n    0: 0x7f/4096\n    1: 0x8f/4096\n"
                + "PollList:\n  op=6, task_works=0\n  op=6, task_works=1\n  op=27, task_works=0\n"
                + "CqOverflowList:\nNAPI:\tdisabled\n");
        IntSet inodes = new IntSet();
        RingInfo ring = RingInfo.read(4, text(text.toString()), inodes);
        assertThat(ring.slots()).isEqualTo(120_000);
        assertThat(ring.files()).isEqualTo(110_001);
        assertThat(ring.sockets()).isEqualTo(110_000);
        assertThat(inodes.size()).isEqualTo(110_000);
        assertThat(inodes.contains(110_999)).isTrue();
        assertThat(ring.buffers()).isEqualTo(2);
        assertThat(ring.submissions()).isEqualTo(512);
        assertThat(ring.completions()).isEqualTo(4096);
        assertThat(ring.polls(RingInfo.OP_POLL_ADD)).isEqualTo(2);
        assertThat(ring.polls(RingInfo.OP_RECV)).isEqualTo(1);
        assertThat(ring.pollsInAll()).isEqualTo(3);
        assertThat(ring.isWhole()).isTrue();
        assertThat(ring.textBytes()).isEqualTo(text.length());
    }

    @Test
    void aRingWhoseLockIsTakenIsNotWhole() throws IOException {
        RingInfo ring = RingInfo.read(4, text("pos:\t0\nSqMask:\t0x7\nCqMask:\t0xf\n"), null);
        assertThat(ring.isWhole()).isFalse();
        assertThat(ring.submissions()).isEqualTo(8);
    }

    /** Linux 6.1 writes an empty slot too. */
    @Test
    void emptySlotsAreNoFiles() throws IOException {
        RingInfo ring = RingInfo.read(4, text("UserFiles:\t2\n    0: <none>\n    1: socket:[9]\n"
                + "UserBufs:\t0\nPollList:\n"), null);
        assertThat(ring.files()).isEqualTo(1);
        assertThat(ring.sockets()).isEqualTo(1);
    }

    /** Linux 6.12 writes a socket's protocol, and the name alone of anything else. */
    @Test
    void socketsWithoutAnInodeAreCounted() throws IOException {
        IntSet inodes = new IntSet();
        RingInfo ring = RingInfo.read(4, text("UserFiles:\t7\n    0: TCP\n    1: TCPv6\n"
                + "    2: [eventfd]\n    3: TCP.log\n    4: <none>\n    5: TCP\n    6: XTCP\n"
                + "UserBufs:\t0\nPollList:\n"), inodes);
        assertThat(ring.files()).isEqualTo(6);
        assertThat(ring.sockets()).isEqualTo(3);
        assertThat(ring.nameless()).isEqualTo(3);
        assertThat(inodes.size()).isZero();
    }

    /** A ring of {@code serve --max-connections 40} with 20 connections, Linux 6.12. */
    @Test
    void aRecordedRingOfLinux612() throws IOException {
        IntSet inodes = new IntSet();
        try (InputStream in = Fixtures.pi("held20-ring").stream("proc/193/fdinfo/19")) {
            RingInfo ring = RingInfo.read(19, in, inodes);
            assertThat(ring.isWhole()).isTrue();
            assertThat(ring.slots()).isEqualTo(136);
            assertThat(ring.files()).isEqualTo(20);
            assertThat(ring.sockets()).isEqualTo(20);
            assertThat(ring.nameless()).isEqualTo(20);
            assertThat(ring.polls(RingInfo.OP_POLL_ADD)).isEqualTo(21);
            assertThat(ring.polls(RingInfo.OP_ACCEPT)).isEqualTo(8);
        }
        assertThat(inodes.size()).isZero();
    }

    @Test
    void linesAreWholeHoweverTheyCome() throws IOException {
        Random random = new Random(7);
        List<String> lines = new ArrayList<>();
        StringBuilder all = new StringBuilder();
        for (int i = 0; i < 500; i++) {
            lines.add("n:" + i + "x".repeat(random.nextInt(30)));
            all.append(lines.getLast()).append('\n');
        }
        byte[] bytes = all.toString().getBytes(StandardCharsets.UTF_8);
        InputStream drips = new InputStream() {
            private int at;

            @Override
            public int read() {
                throw new AssertionError("never byte by byte");
            }

            @Override
            public int read(byte[] into, int from, int length) {
                if (at == bytes.length) {
                    return -1;
                }
                int n = Math.min(Math.min(length, 1 + random.nextInt(20)), bytes.length - at);
                System.arraycopy(bytes, at, into, from, n);
                at += n;
                return n;
            }
        };
        LineReader reader = new LineReader(drips, 64);
        for (int i = 0; i < lines.size(); i++) {
            assertThat(reader.next()).isTrue();
            assertThat(reader.numberAfter("n:", 10)).isEqualTo(i);
        }
        assertThat(reader.next()).isFalse();
        assertThat(reader.bytesRead()).isEqualTo(bytes.length);
    }

    @Test
    void aLineLongerThanTheBufferIsCutAndNoHang() throws IOException {
        LineReader reader = new LineReader(text("a".repeat(1000) + "\nn:5\n"), 64);
        int lines = 0;
        long number = -1;
        while (reader.next()) {
            lines++;
            number = reader.numberAfter("n:", 10);
        }
        assertThat(lines).isBetween(2, 40);
        assertThat(number).isEqualTo(5);
    }

    @Test
    void intSetsHoldWhatTheyAreGiven() {
        Random random = new Random(11);
        IntSet set = new IntSet();
        java.util.Set<Integer> truth = new java.util.HashSet<>();
        IntSet even = new IntSet();
        for (int i = 0; i < 100_000; i++) {
            int value = random.nextInt(1 << 18) - 1000;
            if (value != 0) {
                assertThat(set.add(value)).isEqualTo(truth.add(value));
            }
            if (value % 2 == 0) {
                even.add(value);
            }
        }
        assertThat(set.size()).isEqualTo(truth.size());
        assertThat(set.contains(0)).isFalse();
        assertThat(truth).allMatch(set::contains);
        assertThat(set.inBoth(even)).isEqualTo(even.size());
        IntSet both = new IntSet();
        assertThat(both.addBoth(even, set)).isEqualTo(even.size());
        assertThat(both.addBoth(even, set)).isEqualTo(even.size());
        assertThat(both.size()).isEqualTo(even.size());
        assertThat(both.inBoth(even)).isEqualTo(even.size());
        IntSet some = new IntSet();
        assertThat(some.addSome(even, 10)).isEqualTo(10);
        assertThat(some.addSome(even, Long.MAX_VALUE)).isEqualTo(even.size() - 10);
        assertThat(some.size()).isEqualTo(even.size());
        both.addAll(set);
        assertThat(both.size()).isEqualTo(set.size());
    }
}
