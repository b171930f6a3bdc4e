package io.mooring.ring;

import static org.assertj.core.api.Assertions.assertThat;

import io.mooring.sys.OffHeap;
import java.lang.foreign.Arena;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.LongConsumer;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Every field of every operation, by the numbers of linux/io_uring.h written out once more, over an
 * entry whose last use left all bits set.
 */
class SqeTest {
    private static final int GUARD = 64;
    private static final int BYTES = GUARD + 64 + GUARD;
    private static final long USER_DATA = 0xf1e2d3c4b5a69788L;
    private static final int FIXED_FILE = 1;
    private static final int BUFFER_SELECT = 1 << 5;
    private static final int SKIP_SUCCESS = 1 << 6;
    private static final int LINK = 1 << 2;

    private final Set<String> tested = new TreeSet<>();
    private final Arena arena = Arena.ofConfined();
    private final long memory = arena.allocate(BYTES, 64).address();

    /** struct io_uring_sqe as the kernel reads it; what is not named is 0. */
    private static final class Entry {
        int opcode;
        int flags;
        int ioprio;
        int fd;
        long off;
        long addr;
        int len;
        int opFlags;
        long userData = USER_DATA;
        int bufGroup;
        int personality;
        int fileIndex;
        long addr3;
        long pad;
    }

    @BeforeEach
    void fill() {
        OffHeap.ALL.asSlice(memory, BYTES).fill((byte) 0xff);
    }

    @AfterEach
    void free() {
        arena.close();
    }

    @Test
    void nop() {
        Entry entry = new Entry();
        check("prepNop", entry, sqe -> Sqe.prepNop(sqe, USER_DATA));
    }

    @Test
    void poll() {
        Entry entry = new Entry();
        entry.opcode = 6;
        entry.flags = FIXED_FILE;
        entry.fd = 999_999;
        entry.opFlags = 0x2001;
        check("prepPoll", entry, sqe -> Sqe.prepPoll(sqe, 999_999, 0x2001, USER_DATA));
        entry.flags = 0;
        entry.fd = 7;
        check("prepPollFd", entry, sqe -> Sqe.prepPollFd(sqe, 7, 0x2001, USER_DATA));
    }

    @Test
    void accept() {
        Entry entry = new Entry();
        entry.opcode = 13;
        entry.fd = 12;
        entry.addr = 0x7fff_1234_5678_9abcL;
        entry.off = 0x7fff_fedc_ba98_7654L; // addr2: where the length is
        entry.fileIndex = 35; // 0 would mean an ordinary descriptor
        check("prepAccept", entry,
            sqe -> Sqe.prepAccept(sqe, 12, 34, entry.addr, entry.off, USER_DATA));
        entry.fileIndex = 1;
        check("prepAccept", entry,
            sqe -> Sqe.prepAccept(sqe, 12, 0, entry.addr, entry.off, USER_DATA));
    }

    @Test
    void socket() {
        Entry entry = new Entry();
        entry.opcode = 45;
        entry.fd = 10; // the family
        entry.off = 1; // the type
        entry.fileIndex = 35;
        check("prepSocket", entry, sqe -> Sqe.prepSocket(sqe, 34, 10, 1, USER_DATA));
    }

    @Test
    void setOption() {
        Entry entry = new Entry();
        entry.opcode = 46;
        entry.flags = FIXED_FILE;
        entry.fd = 34;
        entry.off = 3; // the command
        entry.addr = 24L << 32 | 6; // option, level
        entry.fileIndex = 4; // the length
        entry.addr3 = 0x7fff_1234_5678_9abcL;
        check("prepSetOption", entry,
            sqe -> Sqe.prepSetOption(sqe, 34, 6, 24, entry.addr3, 4, USER_DATA));
    }

    @Test
    void bindAndConnect() {
        Entry entry = new Entry();
        entry.opcode = 56;
        entry.flags = FIXED_FILE;
        entry.fd = 34;
        entry.addr = 0x7fff_1234_5678_9abcL;
        entry.off = 28; // the address' length
        check("prepBind", entry, sqe -> Sqe.prepBind(sqe, 34, entry.addr, 28, USER_DATA));
        entry.opcode = 16;
        check("prepConnect", entry, sqe -> Sqe.prepConnect(sqe, 34, entry.addr, 28, USER_DATA));
        entry.off = 16; // an address of zeroes, AF_UNSPEC: the entry's own end
        check("prepDisconnect", entry, sqe -> {
            entry.addr = sqe + 48;
            Sqe.prepDisconnect(sqe, 34, USER_DATA);
        });
    }

    @Test
    void silently() {
        Entry entry = new Entry();
        entry.opcode = 16;
        entry.flags = FIXED_FILE | SKIP_SUCCESS;
        entry.fd = 1;
        entry.addr = 2;
        entry.off = 16;
        check("silently", entry, sqe -> {
            Sqe.prepConnect(sqe, 1, 2, 16, USER_DATA);
            Sqe.silently(sqe);
        });
    }

    @Test
    void link() {
        Entry entry = new Entry();
        entry.opcode = 16;
        entry.flags = FIXED_FILE | LINK | SKIP_SUCCESS;
        entry.fd = 1;
        entry.addr = 2;
        entry.off = 16;
        check("linkSilently", entry, sqe -> {
            Sqe.prepConnect(sqe, 1, 2, 16, USER_DATA);
            Sqe.linkSilently(sqe);
        });
    }

    @Test
    void receive() {
        Entry entry = new Entry();
        entry.opcode = 27;
        entry.flags = FIXED_FILE | BUFFER_SELECT;
        entry.fd = 5;
        entry.opFlags = 0x40;
        entry.bufGroup = 0xfffe;
        check("prepRecv", entry, sqe -> Sqe.prepRecv(sqe, 5, 0xfffe, 0x40, USER_DATA));
    }

    @Test
    void receiveMultishot() {
        Entry entry = new Entry();
        entry.opcode = 27;
        entry.flags = FIXED_FILE | BUFFER_SELECT;
        entry.fd = 5;
        entry.ioprio = 2;
        entry.bufGroup = 3;
        check("prepRecvMultishot", entry,
            sqe -> Sqe.prepRecvMultishot(sqe, 5, 3, false, USER_DATA));
        entry.ioprio = 3;
        check("prepRecvMultishot", entry,
            sqe -> Sqe.prepRecvMultishot(sqe, 5, 3, true, USER_DATA));
    }

    @Test
    void send() {
        Entry entry = new Entry();
        entry.opcode = 26;
        entry.flags = FIXED_FILE | SKIP_SUCCESS;
        entry.fd = 8;
        entry.addr = 0x7fff_0000_0001_0002L;
        entry.len = 0x7fff_fff0;
        entry.opFlags = 0x4140;
        check("prepSendNow", entry,
            sqe -> Sqe.prepSendNow(sqe, 8, entry.addr, entry.len, USER_DATA));
        entry.flags = FIXED_FILE;
        entry.opFlags = 0x4100;
        check("prepSendAll", entry,
            sqe -> Sqe.prepSendAll(sqe, 8, entry.addr, entry.len, USER_DATA));
    }

    @Test
    void sendZeroCopy() {
        Entry entry = new Entry();
        entry.opcode = 47;
        entry.flags = FIXED_FILE;
        entry.ioprio = 4;
        entry.fd = 8;
        entry.addr = 0x7fff_0000_0001_0002L;
        entry.len = 0x7fff_fff0;
        entry.opFlags = 0x4140;
        entry.bufGroup = 3; // the same place: the registered buffer's index
        check("prepSendZcFixed", entry, sqe -> Sqe.prepSendZcFixed(sqe, 8, 3, entry.addr,
            entry.len, 0x140, false, USER_DATA));
        entry.ioprio = 12;
        entry.opFlags = 0x4000;
        check("prepSendZcFixed", entry, sqe -> Sqe.prepSendZcFixed(sqe, 8, 3, entry.addr,
            entry.len, 0, true, USER_DATA));
    }

    @Test
    void shutdown() {
        Entry entry = new Entry();
        entry.opcode = 34;
        entry.flags = FIXED_FILE;
        entry.fd = 8;
        entry.len = 1;
        check("prepShutdown", entry, sqe -> Sqe.prepShutdown(sqe, 8, 1, USER_DATA));
    }

    @Test
    void close() {
        Entry entry = new Entry();
        entry.opcode = 19;
        entry.fileIndex = 9; // and fd 0, no FIXED_FILE: the kernel refuses others
        check("prepClose", entry, sqe -> Sqe.prepClose(sqe, 8, USER_DATA));
    }

    @Test
    void cancel() {
        Entry entry = new Entry();
        entry.opcode = 14;
        entry.flags = SKIP_SUCCESS;
        entry.fd = -1;
        entry.addr = -2;
        check("prepCancel", entry, sqe -> Sqe.prepCancel(sqe, -2, USER_DATA));
    }

    /** Every operation that there is stands above. */
    @Test
    void noneIsForgotten() {
        poll();
        nop();
        accept();
        socket();
        setOption();
        bindAndConnect();
        silently();
        link();
        receive();
        receiveMultishot();
        send();
        sendZeroCopy();
        shutdown();
        close();
        cancel();
        List<Method> methods = Arrays.stream(Sqe.class.getDeclaredMethods())
            .filter(method -> Modifier.isPublic(method.getModifiers())).toList();
        assertThat(tested).isEqualTo(methods.stream().map(Method::getName)
            .collect(Collectors.toCollection(TreeSet::new)));
    }

    private void check(String name, Entry entry, LongConsumer prep) {
        tested.add(name);
        fill();
        prep.accept(memory + GUARD);
        byte[] expected = new byte[BYTES];
        Arrays.fill(expected, (byte) 0xff);
        put(expected, 0, 1, entry.opcode);
        put(expected, 1, 1, entry.flags);
        put(expected, 2, 2, entry.ioprio);
        put(expected, 4, 4, entry.fd);
        put(expected, 8, 8, entry.off);
        put(expected, 16, 8, entry.addr);
        put(expected, 24, 4, entry.len);
        put(expected, 28, 4, entry.opFlags);
        put(expected, 32, 8, entry.userData);
        put(expected, 40, 2, entry.bufGroup);
        put(expected, 42, 2, entry.personality);
        put(expected, 44, 4, entry.fileIndex);
        put(expected, 48, 8, entry.addr3);
        put(expected, 56, 8, entry.pad);
        byte[] actual = new byte[BYTES];
        OffHeap.copy(memory, actual, 0, BYTES);
        assertThat(hex(actual)).as(name).isEqualTo(hex(expected));
    }

    /** Little endian, like both architectures. */
    private static void put(byte[] to, int at, int bytes, long value) {
        for (int i = 0; i < bytes; i++) {
            to[GUARD + at + i] = (byte) (value >> 8 * i);
        }
    }

    private static String hex(byte[] bytes) {
        return HexFormat.ofDelimiter(" ").formatHex(bytes);
    }
}
