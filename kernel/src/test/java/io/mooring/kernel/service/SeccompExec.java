package io.mooring.kernel.service;

import io.mooring.sys.Errno;
import io.mooring.sys.Syscalls;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Becomes another program under a profile's filter, as a container's first process does. Arguments:
 * the profile, numbers ("read=0,write=1"), the program's path and arguments. Exits with 77 if the
 * kernel takes no filter.
 */
final class SeccompExec {
    static final int NO_SECCOMP = 77;
    private static final long SYS_EXECVE =
        System.getProperty("os.arch").equals("amd64") ? 59 : 221;

    private SeccompExec() {
    }

    public static void main(String[] arguments) throws Exception {
        Map<String, Integer> numbers = new TreeMap<>();
        for (String pair : arguments[1].split(",")) {
            numbers.put(pair.substring(0, pair.indexOf('=')),
                Integer.parseInt(pair.substring(pair.indexOf('=') + 1)));
        }
        List<String> command = Arrays.asList(arguments).subList(2, arguments.length);
        SeccompProfile profile = new SeccompProfile(Path.of(arguments[0]));
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment path = arena.allocateFrom(command.getFirst());
            MemorySegment argv = strings(arena, command);
            MemorySegment envp = strings(arena, System.getenv().entrySet().stream()
                .map(each -> each.getKey() + "=" + each.getValue()).toList());
            int result = profile.install(numbers);
            if (result < 0) {
                System.err.println("no seccomp filters: " + Errno.text(result));
                System.exit(NO_SECCOMP);
            }
            long failed = Syscalls.call(SYS_EXECVE, path.address(), argv.address(),
                envp.address(), 0, 0, 0);
            System.err.println("execve: " + Errno.text(failed));
            System.exit(1);
        }
    }

    private static MemorySegment strings(Arena arena, List<String> texts) {
        MemorySegment all = arena.allocate(ValueLayout.ADDRESS, texts.size() + 1L);
        for (int i = 0; i < texts.size(); i++) {
            all.setAtIndex(ValueLayout.ADDRESS, i, arena.allocateFrom(texts.get(i)));
        }
        return all;
    }
}
