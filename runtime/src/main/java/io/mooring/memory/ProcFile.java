package io.mooring.memory;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * A file of /proc or a control group: opened once, read again and again into the same bytes, so
 * that looking at it ten times a second leaves no garbage.
 */
final class ProcFile implements AutoCloseable {
    /** A limit that is none: "max". */
    static final long UNLIMITED = Long.MAX_VALUE;
    static final long ABSENT = -1;

    private static final int BYTES = 4096;
    private static final byte[] MAX = bytes("max");

    private final RandomAccessFile file;
    private byte[] text = new byte[BYTES];
    private int length;

    private ProcFile(RandomAccessFile file) {
        this.file = file;
    }

    /** One that is not there, or not for us, reads as empty for ever. */
    static ProcFile open(Path path) {
        try {
            return new ProcFile(new RandomAccessFile(path.toFile(), "r"));
        } catch (IOException e) {
            return new ProcFile(null);
        }
    }

    /** A key for {@link #after}, as it stands in the file. */
    static byte[] bytes(String key) {
        return key.getBytes(StandardCharsets.US_ASCII);
    }

    /** Reads it whole. False if there is nothing to read; what was read before is gone then. */
    boolean read() {
        length = 0;
        if (file == null) {
            return false;
        }
        try {
            file.seek(0);
            while (true) {
                int read = file.read(text, length, text.length - length);
                if (read <= 0) {
                    return length > 0;
                }
                length += read;
                if (length == text.length) {
                    text = Arrays.copyOf(text, 2 * length);
                }
            }
        } catch (IOException e) { // a control group that has been removed
            length = 0;
            return false;
        }
    }

    /** The number that the file begins with, UNLIMITED for "max", ABSENT if there is none. */
    long number() {
        return number(0);
    }

    /** The number after so many others. */
    long number(int index) {
        int at = 0;
        for (int i = 0; i < index; i++) {
            at = skipWord(skipBlanks(at));
        }
        return parse(at);
    }

    /** The number after {@code key} at the start of a line. */
    long after(byte[] key) {
        int line = line(key);
        return line < 0 ? ABSENT : parse(line + key.length);
    }

    /** In the line that starts with {@code start}, the number after {@code key}. */
    long after(byte[] start, byte[] key) {
        int line = line(start);
        for (int at = line; at >= 0 && at < length && text[at] != '\n'; at++) {
            if (isAt(at, key)) {
                return parse(at + key.length);
            }
        }
        return ABSENT;
    }

    /** As text, for what is read once. */
    String string() {
        return new String(text, 0, length, StandardCharsets.UTF_8);
    }

    private int line(byte[] start) {
        for (int at = 0; at < length; at++) {
            if ((at == 0 || text[at - 1] == '\n') && isAt(at, start)) {
                return at;
            }
        }
        return -1;
    }

    private boolean isAt(int at, byte[] key) {
        return at + key.length <= length
            && Arrays.equals(text, at, at + key.length, key, 0, key.length);
    }

    private long parse(int from) {
        int at = skipBlanks(from);
        if (isAt(at, MAX)) {
            return UNLIMITED;
        }
        long value = ABSENT;
        for (; at < length && text[at] >= '0' && text[at] <= '9'; at++) {
            long digit = text[at] - '0';
            if (value > (Long.MAX_VALUE - digit) / 10) {
                return UNLIMITED;
            }
            value = Math.max(value, 0) * 10 + digit;
        }
        return value;
    }

    private int skipBlanks(int from) {
        int at = from;
        while (at < length && (text[at] == ' ' || text[at] == '\t')) {
            at++;
        }
        return at;
    }

    private int skipWord(int from) {
        int at = from;
        while (at < length && text[at] > ' ') {
            at++;
        }
        return at;
    }

    @Override
    public void close() {
        if (file != null) {
            try {
                file.close();
            } catch (IOException e) {
                // It was only read.
            }
        }
    }
}
