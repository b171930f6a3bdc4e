package io.mooring.kernel.service;

import io.mooring.sys.Errno;
import io.mooring.sys.OffHeap;
import io.mooring.sys.Syscalls;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A profile of a container engine as a filter of the kernel's, as far as ours uses the format:
 * rules with names, an action, an errno, and one masked comparison of the first argument.
 */
final class SeccompProfile {
    private static final boolean X86 = System.getProperty("os.arch").equals("amd64");
    private static final int SYS_PRCTL = X86 ? 157 : 167;
    private static final int PR_SET_SECCOMP = 22;
    private static final int PR_SET_NO_NEW_PRIVS = 38;
    private static final int MODE_FILTER = 2;

    // linux/bpf_common.h, linux/seccomp.h, linux/audit.h
    private static final int LOAD = 0x20;
    private static final int JUMP_IF_EQUAL = 0x15;
    private static final int JUMP_IF_ANY_BIT = 0x45;
    private static final int RETURN = 0x06;
    private static final int RETURN_KILL = 0x80000000;
    private static final int RETURN_ERRNO = 0x50000;
    private static final int RETURN_ALLOW = 0x7fff0000;
    private static final int DATA_NUMBER = 0;
    private static final int DATA_ARCHITECTURE = 4;
    private static final int DATA_FIRST_ARGUMENT = 16;
    private static final int ARCHITECTURE = X86 ? 0xc000003e : 0xc00000b7;

    private static final Pattern RULE = Pattern.compile("\\{\\s*\"names\":\\s*\\[([^]]*)\\],"
        + "\\s*\"action\":\\s*\"(\\w+)\"(?:,\\s*\"errnoRet\":\\s*(\\d+))?"
        + "(?:,\\s*\"args\":\\s*\\[\\{\\s*\"index\":\\s*0,\\s*\"value\":\\s*(\\d+),"
        + "\\s*\"valueTwo\":\\s*0,\\s*\"op\":\\s*\"SCMP_CMP_MASKED_EQ\"\\s*\\}\\])?\\s*\\}");
    private static final Pattern NAME = Pattern.compile("\"(\\w+)\"");
    private static final Pattern DEFAULT =
        Pattern.compile("\"defaultErrnoRet\":\\s*(\\d+)");

    /** @param errno 0: allowed; @param mask bits of the first argument that must be 0 */
    private record Rule(List<String> names, int errno, long mask) {
    }

    private final List<Rule> rules = new ArrayList<>();
    private final int defaultErrno;

    SeccompProfile(Path file) throws IOException {
        String text = Files.readString(file);
        Matcher rule = RULE.matcher(text);
        while (rule.find()) {
            List<String> names =
                NAME.matcher(rule.group(1)).results().map(name -> name.group(1)).toList();
            boolean allow = rule.group(2).equals("SCMP_ACT_ALLOW");
            rules.add(new Rule(names, allow ? 0 : Integer.parseInt(rule.group(3)),
                rule.group(4) == null ? 0 : Long.parseLong(rule.group(4))));
        }
        int written = text.split("\"action\"", -1).length - 1;
        if (written != rules.size()) {
            throw new AssertionError(written + " rules, understood " + rules.size());
        }
        Matcher errno = DEFAULT.matcher(text);
        if (!errno.find()) {
            throw new AssertionError("no defaultErrnoRet");
        }
        defaultErrno = Integer.parseInt(errno.group(1));
    }

    /** Names that are allowed, without those of which only some calls are. */
    List<String> allowed() {
        return rules.stream().filter(rule -> rule.errno() == 0)
            .flatMap(rule -> rule.names().stream()).toList();
    }

    /** All names that this profile has a rule for. */
    List<String> names() {
        return rules.stream().flatMap(rule -> rule.names().stream()).toList();
    }

    /**
     * For this thread, and what it starts or becomes.
     *
     * @param numbers of system calls by name; one that this architecture has not is left out
     * @return 0, or -errno
     */
    int install(Map<String, Integer> numbers) {
        List<long[]> program = new ArrayList<>();
        add(program, LOAD, 0, 0, DATA_ARCHITECTURE);
        add(program, JUMP_IF_EQUAL, 1, 0, ARCHITECTURE);
        add(program, RETURN, 0, 0, RETURN_KILL);
        add(program, LOAD, 0, 0, DATA_NUMBER);
        for (Rule rule : rules) {
            for (String name : rule.names()) {
                Integer number = numbers.get(name);
                if (number == null) {
                    continue;
                }
                add(program, JUMP_IF_EQUAL, 0, rule.mask() == 0 ? 1 : 4, number);
                if (rule.mask() != 0) {
                    add(program, LOAD, 0, 0, DATA_FIRST_ARGUMENT);
                    add(program, JUMP_IF_ANY_BIT, 0, 1, (int) rule.mask());
                    add(program, RETURN, 0, 0, RETURN_ERRNO | defaultErrno);
                }
                add(program, RETURN, 0, 0,
                    rule.errno() == 0 ? RETURN_ALLOW : RETURN_ERRNO | rule.errno());
            }
        }
        add(program, RETURN, 0, 0, RETURN_ERRNO | defaultErrno);
        return install(program);
    }

    private static void add(List<long[]> program, int code, int ifTrue, int ifFalse, int value) {
        program.add(new long[] {code, ifTrue, ifFalse, value});
    }

    private static int install(List<long[]> program) {
        long filter = OffHeap.allocate(8L * program.size());
        for (int i = 0; i < program.size(); i++) {
            long[] each = program.get(i);
            OffHeap.putShort(filter + 8L * i, (short) each[0]);
            OffHeap.putByte(filter + 8L * i + 2, (byte) each[1]);
            OffHeap.putByte(filter + 8L * i + 3, (byte) each[2]);
            OffHeap.putInt(filter + 8L * i + 4, (int) each[3]);
        }
        long header = OffHeap.allocate(16); // struct sock_fprog
        OffHeap.putLong(header, 0);
        OffHeap.putShort(header, (short) program.size());
        OffHeap.putLong(header + 8, filter);
        long result = Syscalls.call(SYS_PRCTL, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0, 0);
        if (!Errno.isError(result)) {
            result = Syscalls.call(SYS_PRCTL, PR_SET_SECCOMP, MODE_FILTER, header, 0, 0, 0);
        }
        OffHeap.free(header);
        OffHeap.free(filter);
        return (int) result;
    }

    /** Numbers of system calls on this machine, by the C compiler's headers. */
    static Map<String, Integer> numbers(List<String> names, Path folder) throws IOException {
        Tool.require("cc", "gcc");
        StringBuilder source = new StringBuilder("#include <sys/syscall.h>\n");
        names.forEach(name -> source.append("#ifdef SYS_").append(name).append("\ncall ")
            .append(name.length()).append(' ').append("\"").append(name).append("\" SYS_")
            .append(name).append("\n#endif\n"));
        Path file = Files.writeString(folder.resolve("calls.c"), source);
        Tool expanded = Tool.run("cc", "-E", "-P", file.toString());
        Map<String, Integer> numbers = new TreeMap<>();
        Matcher call = Pattern.compile("call \\d+ \"(\\w+)\" (\\d+)").matcher(expanded.output());
        while (call.find()) {
            numbers.put(call.group(1), Integer.parseInt(call.group(2)));
        }
        return numbers;
    }
}
