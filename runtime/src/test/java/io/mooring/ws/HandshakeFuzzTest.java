package io.mooring.ws;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.Set;
import java.util.regex.Pattern;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Good requests in every dress, and the same with some bytes changed; fixed seeds. */
class HandshakeFuzzTest {
    private static final Set<Integer> STATUSES = Set.of(0, 101, 200, 400, 405, 414, 426, 431, 505);

    /** What every accepted upgrade must look like, in the words of another grammar. */
    private static final Pattern HEAD = Pattern.compile(
            "GET (/|https?://)[!-~&&[^\"#<>]]* HTTP/1\\.1\r\n"
            + "([!#$%&'*+.^_`|~0-9A-Za-z-]+:[\t -~\u0080-\u00ff]*\r\n)+\r\n",
            Pattern.CASE_INSENSITIVE);

    private final Handshake handshake = new Handshake(2048);

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void fuzz(long seed) {
        Random random = new Random(seed);
        int accepted = 0;
        for (int round = 0; round < 2_000; round++) {
            String request = upgrade(random);
            byte[] bytes = Bytes.latin1(request);
            String where = "seed " + seed + ", round " + round;
            assertThat(parse(bytes, bytes.length)).as("%s: %s", where, request).isEqualTo(101);
            damage(bytes, random);
            int status = parse(bytes, bytes.length);
            String damaged = new String(bytes, StandardCharsets.ISO_8859_1);
            assertThat(STATUSES).as("%s: %s", where, damaged).contains(status);
            if (status == Handshake.UPGRADE) {
                accepted++;
                checkAccepted(damaged.substring(0, handshake.headLength()), where);
            }
            checkPrefixes(bytes, status, where);
        }
        assertThat(accepted).as("the fuzz is worth its time").isBetween(100, 1_500);
    }

    private void checkPrefixes(byte[] bytes, int status, String where) {
        boolean refused = false;
        for (int n = 0; n <= bytes.length; n++) {
            int early = parse(bytes, n);
            boolean same = early == status;
            assertThat(same || early == Handshake.NEED_MORE && !refused)
                    .as("%s, %d bytes: %d, but %d in the end", where, n, early, status).isTrue();
            refused |= same && status != Handshake.NEED_MORE;
        }
    }

    private static void checkAccepted(String head, String where) {
        assertThat(head).as(where).matches(HEAD);
        assertThat(values(head, "host")).as(where).hasSize(1);
        assertThat(values(head, "sec-websocket-version")).as(where).containsExactly("13");
        assertThat(values(head, "sec-websocket-key")).as(where).hasSize(1)
                .allMatch(key -> key.matches("[A-Za-z0-9+/]{22}=="));
        assertThat(tokens(head, "upgrade")).as(where).contains("websocket");
        assertThat(tokens(head, "connection")).as(where).contains("upgrade");
        assertThat(values(head, "transfer-encoding")).as(where).isEmpty();
    }

    private static List<String> values(String head, String name) {
        return Arrays.stream(head.split("\r\n")).skip(1)
                .filter(line -> line.toLowerCase(Locale.ROOT).startsWith(name + ":"))
                .map(line -> line.substring(name.length() + 1).strip()).toList();
    }

    private static List<String> tokens(String head, String name) {
        return values(head, name).stream().flatMap(value -> Arrays.stream(value.split(",")))
                .map(token -> token.strip().toLowerCase(Locale.ROOT)).toList();
    }

    private static String upgrade(Random random) {
        List<String> lines = new ArrayList<>(List.of(
                line(random, "Host", pick(random, "localhost:9001", "h", "[fe80::1]", "1.2.3.4")),
                line(random, "Upgrade", pick(random, "websocket", "h2c, WebSocket", "WEBSOCKET,")),
                line(random, "Connection",
                        pick(random, "Upgrade", "keep-alive, Upgrade", "upgrade")),
                line(random, "Sec-WebSocket-Version", "13"),
                line(random, "Sec-WebSocket-Key", Base64.getEncoder()
                        .encodeToString(Bytes.latin1(String.format("%016x", random.nextLong()))))));
        for (int i = random.nextInt(4); i > 0; i--) {
            lines.add(line(random, pick(random, "Origin", "Cookie", "X", "Accept-Encoding"),
                    pick(random, "", "a, b", "http://localhost", "x=\"y\"; z")));
        }
        Collections.shuffle(lines, random);
        return "GET " + pick(random, "/", "/echo", "/topic/a?self=true", "http://h/echo")
                + " HTTP/1.1\r\n" + String.join("", lines) + "\r\n";
    }

    private static String line(Random random, String name, String value) {
        String cased = switch (random.nextInt(3)) {
            case 0 -> name.toLowerCase(Locale.ROOT);
            case 1 -> name.toUpperCase(Locale.ROOT);
            default -> name;
        };
        return cased + ":" + pick(random, "", " ", "\t", "  ") + value
                + pick(random, "", " ", "\t ") + "\r\n";
    }

    private static String pick(Random random, String... choices) {
        return choices[random.nextInt(choices.length)];
    }

    private static void damage(byte[] bytes, Random random) {
        String telling = "\r\n \t:,\0/?#*=GHX13\u0080";
        for (int i = random.nextInt(3); i >= 0; i--) {
            bytes[random.nextInt(bytes.length)] = (byte) (random.nextInt(4) == 0 ? random.nextInt()
                    : telling.charAt(random.nextInt(telling.length())));
        }
    }

    private int parse(byte[] bytes, int length) {
        return handshake.parse(Bytes.heap(bytes, length), 0, length);
    }
}
