package io.mooring.server;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An HTTP/1.1 response, read strictly: anything that a careful parser could object to fails the
 * test.
 */
record HttpAnswer(int status, Map<String, String> headers, byte[] body) {
    private static final Pattern STATUS = Pattern.compile("HTTP/1\\.1 ([1-5]\\d\\d) ([ -~]*)");
    private static final Pattern HEADER =
        Pattern.compile("([!#$%&'*+.^_`|~0-9A-Za-z-]+): ([ -~]*)");

    String text() {
        return new String(body, StandardCharsets.UTF_8);
    }

    /** The header's value; null if absent. */
    String header(String name) {
        return headers.get(name.toLowerCase(Locale.ROOT));
    }

    /** Reads the head only: after a 101 there are frames. */
    static HttpAnswer readHead(InputStream in) throws IOException {
        Matcher first = STATUS.matcher(line(in));
        if (!first.matches()) {
            throw new AssertionError("no status line: " + first);
        }
        Map<String, String> headers = new TreeMap<>();
        for (String line = line(in); !line.isEmpty(); line = line(in)) {
            Matcher header = HEADER.matcher(line);
            if (!header.matches()) {
                throw new AssertionError("no header line: \"" + line + "\"");
            }
            String name = header.group(1).toLowerCase(Locale.ROOT);
            if (headers.put(name, header.group(2).strip()) != null) {
                throw new AssertionError("header twice: " + name);
            }
        }
        return new HttpAnswer(Integer.parseInt(first.group(1)), headers, new byte[0]);
    }

    /** Reads a whole response, as long as its Content-Length says. */
    static HttpAnswer read(InputStream in) throws IOException {
        HttpAnswer head = readHead(in);
        String length = head.header("Content-Length");
        if (length == null) {
            throw new AssertionError("no Content-Length: " + head.headers);
        }
        byte[] body = in.readNBytes(Integer.parseInt(length));
        if (body.length != Integer.parseInt(length)) {
            throw new AssertionError("body of " + body.length + " bytes, not " + length);
        }
        return new HttpAnswer(head.status, head.headers, body);
    }

    private static String line(InputStream in) throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        while (true) {
            int next = in.read();
            if (next == '\r') {
                if (in.read() != '\n') {
                    throw new AssertionError("CR without LF after: " + line);
                }
                return line.toString(StandardCharsets.ISO_8859_1);
            }
            if (next < 0) {
                throw new EOFException("the response ends in its head, after: \"" + line + "\"");
            }
            if (next == '\n') {
                throw new AssertionError("LF without CR after: " + line);
            }
            line.write(next);
        }
    }

    @Override
    public String toString() {
        return status + " " + headers + " " + text();
    }
}
