package io.mooring.probe.source;

import java.io.IOException;
import java.io.InputStream;

/**
 * Lines of a file that may have tens of megabytes, through one buffer: the fdinfo of a ring lists
 * each of its files and requests. A line that is longer than the buffer is cut.
 */
final class LineReader {

    private final InputStream in;
    private final byte[] buffer;
    private int from;
    private int to;
    private boolean ended;
    private int lineEnd;
    private int nextLine;
    private long bytesRead;

    LineReader(InputStream in) {
        this(in, 64 * 1024);
    }

    LineReader(InputStream in, int bufferBytes) {
        this.in = in;
        this.buffer = new byte[bufferBytes];
    }

    /** Goes to the next line; false: there is none. */
    boolean next() throws IOException {
        from = nextLine;
        int at = from;
        while (true) {
            while (at < to) {
                if (buffer[at] == '\n') {
                    lineEnd = at;
                    nextLine = at + 1;
                    return true;
                }
                at++;
            }
            if (ended || to - from == buffer.length) {
                lineEnd = to;
                nextLine = to;
                return to > from;
            }
            at -= from;
            fill();
            at += from;
        }
    }

    private void fill() throws IOException {
        System.arraycopy(buffer, from, buffer, 0, to - from);
        to -= from;
        from = 0;
        int got = in.read(buffer, to, buffer.length - to);
        if (got < 0) {
            ended = true;
        } else {
            to += got;
            bytesRead += got;
        }
    }

    long bytesRead() {
        return bytesRead;
    }

    boolean startsWith(String text) {
        return matches(from, text);
    }

    /** There is {@code text} at {@code at}. */
    boolean has(int at, String text) {
        return matches(at, text);
    }

    /** There is {@code text} at {@code at}, and no more in this line. */
    boolean endsWith(int at, String text) {
        return lineEnd - at == text.length() && matches(at, text);
    }

    private boolean matches(int at, String text) {
        if (lineEnd - at < text.length()) {
            return false;
        }
        for (int i = 0; i < text.length(); i++) {
            if (buffer[at + i] != text.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    /** Behind the first {@code text} in this line; -1: it is not in it. */
    int after(String text) {
        for (int at = from; at + text.length() <= lineEnd; at++) {
            if (matches(at, text)) {
                return at + text.length();
            }
        }
        return -1;
    }

    /** The number at {@code at}, after blanks; -1: none. */
    long number(int at, int radix) {
        int digitAt = at;
        while (digitAt < lineEnd && (buffer[digitAt] == ' ' || buffer[digitAt] == '\t')) {
            digitAt++;
        }
        long value = 0;
        int first = digitAt;
        while (digitAt < lineEnd && digitAt - first < 16) {
            int digit = Character.digit(buffer[digitAt], radix);
            if (digit < 0) {
                break;
            }
            value = value * radix + digit;
            digitAt++;
        }
        return digitAt == first ? -1 : value;
    }

    /** The number behind the first {@code text}; -1: none. */
    long numberAfter(String text, int radix) {
        int at = after(text);
        return at < 0 ? -1 : number(at, radix);
    }

    /** Indented, or with a number in front (which from five digits on leaves no room to indent). */
    boolean isEntry() {
        return from < lineEnd && (buffer[from] == ' ' || buffer[from] == '\t'
                || buffer[from] >= '0' && buffer[from] <= '9');
    }
}
