package io.mooring.ws;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the head of a request says of its body. */
class RequestBodyTest {
    private static final String POST = "POST /a HTTP/1.1\r\nHost: h\r\n";

    private final Handshake handshake = new Handshake(2048);

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "true  | false | Expect: 100-continue",
        "true  | false | EXPECT:\t100-Continue",
        "false | true  | Expect: 100-continue, x",
        "false | true  | Expect: 200-ok",
        "false | true  | Expect:",
        "false | false | Expected: 100-continue",
        "false | false | X: 100-continue",
    })
    void expectations(boolean continues, boolean other, String line) {
        assertThat(parse(POST + line + "\r\n\r\n")).isEqualTo(Handshake.PLAIN);
        assertThat(handshake.expectsContinue()).isEqualTo(continues);
        assertThat(handshake.expectsOther()).isEqualTo(other);
    }

    @Test
    void ofTwoExpectationsOneIsUnknown() {
        assertThat(parse(POST + "Expect: 100-continue\r\nExpect: 100-continue\r\n\r\n"))
                .isEqualTo(Handshake.PLAIN);
        assertThat(handshake.expectsContinue()).isFalse();
        assertThat(handshake.expectsOther()).isTrue();
    }

    /** RFC 9110, 10.1.1. */
    @Test
    void http10ExpectsNothing() {
        for (String value : new String[] {"100-continue", "x"}) {
            assertThat(parse("POST /a HTTP/1.0\r\nExpect: " + value + "\r\n\r\n"))
                    .isEqualTo(Handshake.PLAIN);
            assertThat(handshake.expectsContinue()).isFalse();
            assertThat(handshake.expectsOther()).isFalse();
        }
    }

    @Test
    void nothingIsLeftForTheNext() {
        parse(POST + "Expect: 100-continue\r\nContent-Length: 7\r\n\r\n");
        parse(POST + "\r\n");
        assertThat(handshake.expectsContinue()).isFalse();
        assertThat(handshake.contentLength()).isEqualTo(-1);
        parse(POST + "Expect: x\r\nTransfer-Encoding: chunked\r\n\r\n");
        assertThat(handshake.hasTransferEncoding()).isTrue();
        parse(POST + "\r\n");
        assertThat(handshake.expectsOther()).isFalse();
        assertThat(handshake.hasTransferEncoding()).isFalse();
    }

    @Test
    void theHeadCanBeKeptAndReadAgain() {
        String head = POST + "X-Test: one\r\nContent-Length: 3\r\n\r\n";
        byte[] sent = Bytes.latin1(head + "abcdef");
        assertThat(handshake.parse(MemorySegment.ofArray(sent), 0, sent.length))
                .isEqualTo(Handshake.PLAIN);
        byte[] kept = new byte[sent.length + 2];
        Arrays.fill(sent, (byte) '!');
        handshake.copyHead(MemorySegment.ofArray(kept), 1);
        assertThat(new String(kept, StandardCharsets.ISO_8859_1))
                .isEqualTo("\0" + head + "\0".repeat(7));
        parse("GET /other HTTP/1.1\r\nHost: h\r\n\r\n");
        assertThat(handshake.parse(MemorySegment.ofArray(kept), 1, head.length()))
                .isEqualTo(Handshake.PLAIN);
        assertThat(handshake.path()).isEqualTo("/a");
        assertThat(handshake.header("x-test")).isEqualTo("one");
        assertThat(handshake.headLength()).isEqualTo(head.length());
    }

    /** Whatever the bytes: a prefix never gets another answer, and a length is what was sent. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void fuzz(long seed) {
        Random random = new Random(seed);
        int framed = 0;
        for (int round = 0; round < 2_000; round++) {
            StringBuilder request = new StringBuilder(POST);
            for (int i = random.nextInt(4); i > 0; i--) {
                request.append(pick(random, "Content-Length", "content-length", "Transfer-Encoding",
                        "Expect", "Content-Length ", "X")).append(':')
                        .append(pick(random, " ", "", "\t"))
                        .append(pick(random, "5", "0", "00012", "7", "-1", "5, 5", "5;", "0x1",
                                "chunked", "100-continue", "99999999999999999999", "1 2", ""))
                        .append("\r\n");
            }
            byte[] bytes = Bytes.latin1(request + "\r\n12345");
            if (random.nextBoolean()) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
            }
            int status = handshake.parse(Bytes.heap(bytes), 0, bytes.length);
            String sent = new String(bytes, StandardCharsets.ISO_8859_1);
            if (status == Handshake.PLAIN) {
                framed += checkLength(sent.substring(0, handshake.headLength()), sent);
            }
            for (int n = 0; n < bytes.length; n++) {
                assertThat(handshake.parse(Bytes.heap(bytes, n), 0, n))
                        .as("%d bytes of %s", n, sent).isIn(Handshake.NEED_MORE, status);
            }
        }
        assertThat(framed).as("the fuzz is worth its time").isGreaterThan(50);
    }

    private int checkLength(String head, String sent) {
        String[] lengths = head.lines().filter(line -> line.matches("(?i)content-length:.*"))
                .toArray(String[]::new);
        assertThat(lengths).as(sent).hasSizeLessThan(2);
        boolean chunked = head.lines().anyMatch(line -> line.matches("(?i)transfer-encoding:.*"));
        assertThat(handshake.hasTransferEncoding()).as(sent).isEqualTo(chunked);
        if (lengths.length == 0) {
            assertThat(handshake.contentLength()).as(sent).isEqualTo(-1);
            return 0;
        }
        assertThat(chunked).as(sent).isFalse();
        String digits = lengths[0].replaceAll("(?i)content-length:", "").strip();
        assertThat(digits).as(sent).matches("[0-9]+");
        long value = digits.length() > 10 ? Integer.MAX_VALUE : Long.parseLong(digits);
        assertThat(handshake.contentLength()).as(sent)
                .isEqualTo((int) Math.min(value, Integer.MAX_VALUE));
        return 1;
    }

    private static String pick(Random random, String... choices) {
        return choices[random.nextInt(choices.length)];
    }

    private int parse(String request) {
        byte[] bytes = Bytes.latin1(request);
        return handshake.parse(Bytes.heap(bytes), 0, bytes.length);
    }
}
