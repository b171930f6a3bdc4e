package io.mooring.sys;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every constant of {@link Abi} and {@link Errno} against the C headers of this machine. */
class AbiTest {
    private static final String HEADERS = "errno.h fcntl.h poll.h netinet/in.h netinet/tcp.h "
        + "sys/mman.h sys/epoll.h sys/eventfd.h sys/resource.h sys/socket.h sys/syscall.h "
        + "sys/uio.h sys/un.h linux/time_types.h linux/io_uring.h";

    /** Ours, not the kernel's. */
    private static final Set<String> OURS = Set.of("KERNEL_MAJOR_MIN", "KERNEL_MINOR_MIN");

    /** Structures: a name alone is its size, with a member that member's offset. */
    private static final Map<String, String> STRUCTURES = table("""
        RLIMIT_BYTES rlimit64
        SOCKADDR_IN_BYTES sockaddr_in
        SOCKADDR_IN_ADDRESS sockaddr_in.sin_addr
        SOCKADDR_IN6_BYTES sockaddr_in6
        SOCKADDR_IN6_ADDRESS sockaddr_in6.sin6_addr
        SOCKADDR_IN6_SCOPE sockaddr_in6.sin6_scope_id
        SOCKADDR_PORT sockaddr_in6.sin6_port
        SOCKADDR_UN_BYTES sockaddr_un
        SOCKADDR_UN_PATH sockaddr_un.sun_path
        POLLFD_BYTES pollfd
        POLLFD_EVENTS pollfd.events
        POLLFD_RESULT pollfd.revents
        EPOLL_EVENT_BYTES epoll_event
        EPOLL_EVENT_DATA epoll_event.data
        PARAMS_BYTES io_uring_params
        PARAMS_SQ_ENTRIES io_uring_params.sq_entries
        PARAMS_CQ_ENTRIES io_uring_params.cq_entries
        PARAMS_FLAGS io_uring_params.flags
        PARAMS_FEATURES io_uring_params.features
        PARAMS_SQ_OFF io_uring_params.sq_off
        PARAMS_CQ_OFF io_uring_params.cq_off
        SQOFF_HEAD io_sqring_offsets.head
        SQOFF_TAIL io_sqring_offsets.tail
        SQOFF_RING_MASK io_sqring_offsets.ring_mask
        SQOFF_FLAGS io_sqring_offsets.flags
        SQOFF_DROPPED io_sqring_offsets.dropped
        SQOFF_ARRAY io_sqring_offsets.array
        CQOFF_HEAD io_cqring_offsets.head
        CQOFF_TAIL io_cqring_offsets.tail
        CQOFF_RING_MASK io_cqring_offsets.ring_mask
        CQOFF_OVERFLOW io_cqring_offsets.overflow
        CQOFF_CQES io_cqring_offsets.cqes
        CQOFF_FLAGS io_cqring_offsets.flags
        GETEVENTS_ARG_BYTES io_uring_getevents_arg
        GETEVENTS_ARG_TIMESPEC io_uring_getevents_arg.ts
        RSRC_REGISTER_BYTES io_uring_rsrc_register
        RSRC_UPDATE_BYTES io_uring_rsrc_update
        RSRC_UPDATE_DATA io_uring_rsrc_update.data
        CLONE_BUFFERS_BYTES io_uring_clone_buffers
        PROBE_OPS io_uring_probe.ops
        PROBE_OP_BYTES io_uring_probe_op
        PROBE_OP_FLAGS io_uring_probe_op.flags
        BUF_REG_BYTES io_uring_buf_reg
        BUF_REG_ENTRIES io_uring_buf_reg.ring_entries
        BUF_REG_GROUP io_uring_buf_reg.bgid
        BUF_BYTES io_uring_buf
        BUF_LENGTH io_uring_buf.len
        BUF_ID io_uring_buf.bid
        BUF_RING_TAIL io_uring_buf_ring.tail
        IOVEC_BYTES iovec
        IOVEC_LENGTH iovec.iov_len
        TIMESPEC_BYTES __kernel_timespec
        TIMESPEC_NANOS __kernel_timespec.tv_nsec
        SQE_BYTES io_uring_sqe
        SQE_OPCODE io_uring_sqe.opcode
        SQE_FLAGS io_uring_sqe.flags
        SQE_IOPRIO io_uring_sqe.ioprio
        SQE_FD io_uring_sqe.fd
        SQE_OFF io_uring_sqe.off
        SQE_ADDR io_uring_sqe.addr
        SQE_LEN io_uring_sqe.len
        SQE_OP_FLAGS io_uring_sqe.rw_flags
        SQE_USER_DATA io_uring_sqe.user_data
        SQE_BUF io_uring_sqe.buf_group
        SQE_FILE_INDEX io_uring_sqe.file_index
        SQE_ADDR3 io_uring_sqe.addr3
        CQE_BYTES io_uring_cqe
        CQE_RES io_uring_cqe.res
        CQE_FLAGS io_uring_cqe.flags
        """);

    /** What the code takes for granted without a constant: offset 0, 4 or 8. */
    private static final Map<String, String> IMPLICIT = table("""
        0 rlimit64.rlim_cur
        8 rlimit64.rlim_max
        0 sockaddr_in.sin_family
        2 sockaddr_in.sin_port
        0 pollfd.fd
        0 epoll_event.events
        0 io_uring_rsrc_register.nr
        4 io_uring_rsrc_register.flags
        0 io_uring_rsrc_update.offset
        0 io_uring_clone_buffers.src_fd
        0 io_uring_getevents_arg.sigmask
        8 io_uring_getevents_arg.sigmask_sz
        0 io_uring_buf_reg.ring_addr
        0 io_uring_buf.addr
        0 io_uring_cqe.user_data
        0 iovec.iov_base
        0 __kernel_timespec.tv_sec
        8 io_uring_sqe.addr2
        8 io_uring_sqe.cmd_op
        16 io_uring_sqe.level
        20 io_uring_sqe.optname
        40 io_uring_sqe.buf_index
        44 io_uring_sqe.optlen
        48 io_uring_sqe.optval
        28 io_uring_sqe.msg_flags
        28 io_uring_sqe.accept_flags
        28 io_uring_sqe.poll32_events
        42 io_uring_sqe.personality
        """);

    /** Constants that the headers call the same. */
    private static final Pattern SAME = Pattern.compile(
        "(PROT|MAP|MADV|RLIMIT|AF|SOCK|SOL|SO|IPPROTO|TCP|IP|IPV6|SHUT|MSG|EFD"
        + "|SOCKET_URING|EPOLL|F)_.*|POLL[A-Z]+|EPOLL[A-Z]+");
    private static final Pattern IOSQE =
        Pattern.compile("SQE_(FIXED_FILE|IO_LINK|BUFFER_SELECT|CQE_SKIP_SUCCESS)");
    private static final Pattern IORING = Pattern.compile("(OFF|SETUP|FEAT|SQ|CQ|ENTER|REGISTER"
        + "|UNREGISTER|RSRC_REGISTER|OP|RECVSEND|RECV|SEND_ZC|NOTIF|CQE_F|CQE_BUFFER)_.*");

    @TempDir
    Path directory;

    @Test
    void agreesWithTheHeadersOfThisMachine() throws Exception {
        Map<String, Long> ours = constants(Abi.class);
        Map<String, String> expressions = new LinkedHashMap<>();
        ours.keySet().forEach(name -> {
            if (!OURS.contains(name)) {
                expressions.put(name, expression(name));
            }
        });
        Map<String, Long> theirs = CProbe.evaluate(directory, HEADERS, expressions);
        ours.keySet().retainAll(theirs.keySet());
        assertThat(ours).containsExactlyInAnyOrderEntriesOf(theirs);
        // Headers of 5.10, the oldest around, know these at least.
        assertThat(theirs).containsKeys("SYS_IO_URING_SETUP", "SQE_BYTES", "PARAMS_SQ_OFF",
            "OP_SHUTDOWN", "FEAT_SINGLE_MMAP", "SOCKADDR_IN6_BYTES", "POLLRDHUP", "EFD_NONBLOCK",
            "RLIMIT_BYTES", "MSG_NOSIGNAL", "MADV_DONTNEED");
    }

    @Test
    void offsetsThatAreTakenForGranted() throws Exception {
        Map<String, String> expressions = new LinkedHashMap<>();
        IMPLICIT.keySet().forEach(member -> expressions.put(member, structure(member)));
        Map<String, Long> theirs = CProbe.evaluate(directory, HEADERS, expressions);
        assertThat(theirs).hasSizeGreaterThan(10);
        theirs.forEach((member, offset) ->
            assertThat(offset).as(member).isEqualTo(Long.parseLong(IMPLICIT.get(member))));
    }

    @Test
    void errorNumbers() throws Exception {
        Map<String, Long> ours = constants(Errno.class);
        Map<String, String> expressions = new LinkedHashMap<>();
        ours.keySet().forEach(name -> expressions.put(name, name));
        assertThat(CProbe.evaluate(directory, "errno.h", expressions))
            .containsExactlyInAnyOrderEntriesOf(ours);
    }

    /** arm64 has the generic numbers, which every machine's headers tell. */
    @Test
    void systemCallNumbersOfArm64() throws Exception {
        Map<String, Long> ours = constants(abiOn("aarch64"));
        Map<String, String> expressions = new LinkedHashMap<>();
        ours.keySet().removeIf(name -> !name.startsWith("SYS_"));
        ours.keySet().forEach(name -> expressions.put(name, "__NR_" + name.substring(4)
            .toLowerCase(Locale.ROOT)));
        assertThat(CProbe.evaluate(directory, "asm-generic/unistd.h", expressions))
            .containsExactlyInAnyOrderEntriesOf(ours);
    }

    /** Only the system call numbers differ between the two architectures, and a structure. */
    @Test
    void architectures() throws Exception {
        Map<String, Long> arm = constants(abiOn("aarch64"));
        Map<String, Long> x86 = constants(abiOn("amd64"));
        assertThat(constants(abiOn("x86_64"))).isEqualTo(x86);
        assertThat(constants(Abi.class)).isIn(List.of(arm, x86));
        // What eventpoll.h packs on x86-64 only.
        assertThat(arm).containsEntry("EPOLL_EVENT_BYTES", 16L).containsEntry("EPOLL_EVENT_DATA",
            8L);
        assertThat(x86).containsEntry("EPOLL_EVENT_BYTES", 12L).containsEntry("EPOLL_EVENT_DATA",
            4L);
        arm.keySet().removeIf(name -> name.matches("SYS_.*|EPOLL_EVENT_.*"));
        x86.keySet().removeIf(name -> name.matches("SYS_.*|EPOLL_EVENT_.*"));
        assertThat(arm).isEqualTo(x86);
        assertThat(Abi.isKnownArchitecture()).isTrue();
    }

    private static String expression(String name) {
        String structure = STRUCTURES.get(name);
        if (structure != null) {
            return structure(structure);
        }
        if (name.startsWith("SYS_")) {
            return "SYS_" + name.substring(4).toLowerCase(Locale.ROOT);
        }
        if (name.equals("OP_SUPPORTED")) {
            return "IO_URING_OP_SUPPORTED";
        }
        if (IOSQE.matcher(name).matches()) {
            return "IO" + name;
        }
        if (SAME.matcher(name).matches()) {
            return name;
        }
        assertThat(name).as("a constant that this test does not know: add it here")
            .matches(IORING);
        return "IORING_" + name;
    }

    private static String structure(String path) {
        String[] parts = path.split("\\.");
        return parts.length == 1 ? "sizeof(struct " + path + ")"
            : "__builtin_offsetof(struct " + parts[0] + ", " + parts[1] + ")";
    }

    /** "A B" lines, as A to B; lines that begin with a number, as B to A. */
    private static Map<String, String> table(String lines) {
        Map<String, String> table = new HashMap<>();
        for (String line : lines.lines().toList()) {
            String[] words = line.split(" ");
            boolean number = Character.isDigit(line.charAt(0));
            table.put(words[number ? 1 : 0], words[number ? 0 : 1]);
        }
        return table;
    }

    private static Map<String, Long> constants(Class<?> of) throws IllegalAccessException {
        Map<String, Long> values = new TreeMap<>();
        for (Field field : of.getDeclaredFields()) {
            int modifiers = field.getModifiers();
            if (Modifier.isPublic(modifiers) && Modifier.isStatic(modifiers)) {
                values.put(field.getName(), ((Number) field.get(null)).longValue());
            }
        }
        return values;
    }

    /** The class as it would be on another machine, loaded apart from the one in use. */
    private static Class<?> abiOn(String architecture) throws Exception {
        byte[] code;
        try (InputStream in = Abi.class.getResourceAsStream("Abi.class")) {
            code = in.readAllBytes();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        ClassLoader apart = new ClassLoader(null) {
            @Override
            protected Class<?> findClass(String name) {
                return defineClass(name, code, 0, code.length);
            }
        };
        String here = System.getProperty("os.arch");
        System.setProperty("os.arch", architecture);
        try {
            return Class.forName(Abi.class.getName(), true, apart);
        } finally {
            System.setProperty("os.arch", here);
        }
    }
}
