package io.mooring.probe.source;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The files of /proc and /sys: this machine's, or recorded ones of another.
 *
 * @param root      {@code /} or a folder with {@code proc} and {@code sys} in it
 * @param pageBytes of the machine whose files they are
 */
public record ProcFs(Path root, int pageBytes) {

    private static final int READ_BYTES = 16 * 1024;
    private static final String ROOT_REMEDY = "run as root (sudo)";

    public Path path(String path) {
        return root.resolve(path);
    }

    /**
     * The whole of a small file, such as {@code proc/meminfo}. With large reads: a file of
     * /proc/sys answers the first read alone, however little that asks for.
     */
    public Reading<String> read(String path) {
        try (InputStream in = stream(path)) {
            byte[] bytes = new byte[READ_BYTES];
            int size = 0;
            int got;
            while ((got = in.read(bytes, size, bytes.length - size)) > 0) {
                size += got;
                bytes = size == bytes.length ? Arrays.copyOf(bytes, 2 * size) : bytes;
            }
            return Reading.of(new String(bytes, 0, size, StandardCharsets.ISO_8859_1));
        } catch (IOException e) {
            return missing(path, e);
        }
    }

    /** A file of any length; the caller closes it. */
    public InputStream stream(String path) throws IOException {
        return Files.newInputStream(path(path));
    }

    /** Why a file cannot be read, in a user's words. */
    public static <T> Reading<T> missing(String path, IOException e) {
        if (e instanceof AccessDeniedException || text(e).contains("Permission denied")
                || text(e).contains("Operation not permitted")) {
            return Reading.missing("/" + path + " is not for this user", ROOT_REMEDY);
        }
        if (e instanceof NoSuchFileException) {
            return Reading.missing("/" + path + " is not there", "");
        }
        if (text(e).contains("No such process")) {
            return Reading.missing("the process has ended", "");
        }
        return Reading.missing("/" + path + ": " + text(e), "");
    }

    private static String text(IOException e) {
        return String.valueOf(e.getMessage());
    }

    /** All processes that this user can see, by number. */
    public List<Integer> processes() {
        List<Integer> found = new ArrayList<>();
        String[] names = path("proc").toFile().list();
        for (String name : names == null ? new String[0] : names) {
            if (name.chars().allMatch(c -> c >= '0' && c <= '9')) {
                found.add(Integer.parseInt(name));
            }
        }
        found.sort(null);
        return found;
    }

    /** The network namespace of a process or of {@code self}; empty: cannot tell. */
    public String network(String process) {
        try {
            return Files.readSymbolicLink(path("proc/" + process + "/ns/net")).toString();
        } catch (IOException e) {
            return "";
        }
    }

    /** The numbers in a text such as {@code 24024	32032	48048}. */
    public static long[] numbers(String text) {
        String[] words = text.strip().split("\\s+");
        long[] numbers = new long[words.length];
        for (int i = 0; i < words.length; i++) {
            numbers[i] = Long.parseLong(words[i]);
        }
        return numbers;
    }
}
