package io.mooring.ws;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Whole streams of frames: the examples of the RFC, and a fuzz against {@link ReferenceStream}. */
class FrameStreamTest {
    /** RFC 6455, 5.7, and what goes wrong in a sequence of good frames; split at every byte. */
    @ParameterizedTest
    @CsvSource(delimiter = ';', value = {
        "server; 81 05 48 65 6c 6c 6f;                           text Hello",
        "client; 81 85 37 fa 21 3d 7f 9f 4d 51 58;               text Hello",
        "server; 01 03 48 65 6c 80 02 6c 6f;                     text Hello",
        "server; 89 05 48 65 6c 6c 6f;                           ping 48 65 6c 6c 6f",
        "client; 8a 85 37 fa 21 3d 7f 9f 4d 51 58;               pong 48 65 6c 6c 6f",
        "server; 01 01 48 89 00 80 01 69;                        ping |text Hi",
        "server; 82 00;                                          'binary '",
        "server; 01 00 00 00 80 00;                              'text '",
        "server; 01 01 48 81 00;                                 error 1002",
        "server; 80 00;                                          error 1002",
        "server; 81 00 00 00;                                    text |error 1002",
        "server; 01 02 e2 82 80 01 ac;                           text €",
        "server; 01 02 e2 82 89 00 80 00;                        ping |error 1007",
        "server; 81 04 e2 82 41;                                 error 1007",
        "server; 01 02 ed a0;                                    error 1007",
        "server; 88 00 81 00;                                    close 1005",
        "server; 88 02 03 e8 81;                                 close 1000",
        "server; 01 01 48 88 02 03 e9;                           close 1001",
        "server; 88 01 03;                                       error 1002",
        "server; 88 03 03 e8 ff;                                 error 1007",
    })
    void examples(String sender, String hex, String expected) {
        byte[] bytes = Bytes.hex(hex);
        boolean masked = sender.equals("client");
        List<String> events = Arrays.asList(expected.split("\\|"));
        assertThat(ReferenceStream.decode(bytes, masked)).isEqualTo(events);
        assertThat(decode(bytes, masked, bytes.length)).isEqualTo(events);
        for (int cut = 0; cut <= bytes.length; cut++) {
            assertThat(decode(bytes, masked, cut)).as("cut at %d", cut).isEqualTo(events);
        }
        FrameStream stream = new FrameStream(masked);
        for (int i = 0; i < bytes.length; i++) {
            stream.feed(new byte[] {bytes[i]});
            assertThat(stream.events()).as("after byte %d", i)
                    .isEqualTo(ReferenceStream.decode(Arrays.copyOf(bytes, i + 1), masked));
        }
        assertThat(stream.events()).as("byte by byte").isEqualTo(events);
    }

    @Test
    void rfcExamplesOf256BytesAnd64KiB() {
        for (int length : new int[] {256, 65536}) {
            byte[] payload = new byte[length];
            new SplittableRandom(length).nextBytes(payload);
            byte[] start = Bytes.hex(length == 256 ? "82 7e 01 00"
                    : "82 7f 00 00 00 00 00 01 00 00");
            assertThat(decode(Bytes.concat(start, payload), false, 1000 % length))
                    .containsExactly("binary " + Bytes.hex(payload));
        }
    }

    /** Mostly good streams, one in two damaged, in random pieces. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void fuzz(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        int errors = 0;
        int messages = 0;
        for (int round = 0; round < 1_500; round++) {
            boolean masked = random.nextInt(4) > 0;
            byte[] bytes = stream(random, masked);
            if (random.nextBoolean()) {
                damage(bytes, random);
            }
            FrameStream stream = new FrameStream(masked);
            for (int at = 0; at < bytes.length; ) {
                int piece = Math.min(1 + random.nextInt(random.nextBoolean() ? 8 : 400),
                        bytes.length - at);
                stream.feed(Arrays.copyOfRange(bytes, at, at + piece));
                at += piece;
            }
            List<String> expected = ReferenceStream.decode(bytes, masked);
            assertThat(stream.events())
                    .as("seed %d, round %d, masked %b: %s", seed, round, masked, Bytes.hex(bytes))
                    .isEqualTo(expected);
            errors += expected.toString().contains("error") ? 1 : 0;
            messages += expected.size();
        }
        assertThat(errors).as("errors: the fuzz is worth its time").isBetween(300, 1_400);
        assertThat(messages).as("messages").isGreaterThan(3_000);
    }

    private static byte[] stream(SplittableRandom random, boolean masked) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (int i = random.nextInt(6); i >= 0; i--) {
            if (random.nextInt(4) == 0) {
                frame(out, random, masked, 9 + random.nextInt(2), true, control(random));
            } else {
                message(out, random, masked);
            }
        }
        if (random.nextInt(3) == 0) {
            byte[] close = new byte[127];
            int length = FrameEncoder.close(MemorySegment.ofArray(close), 0,
                    random.nextBoolean() ? 1000 : 3000 + random.nextInt(2000), control(random));
            frame(out, random, masked, 8, true, Arrays.copyOfRange(close, 2, length));
        }
        return out.toByteArray();
    }

    private static void message(ByteArrayOutputStream out, SplittableRandom random,
            boolean masked) {
        boolean text = random.nextBoolean();
        byte[] payload = text ? text(random) : control(random);
        int opcode = text ? 1 : 2;
        int at = 0;
        for (int i = random.nextInt(4); i > 0; i--) {
            int length = random.nextInt(payload.length - at + 1); // often inside a character
            frame(out, random, masked, opcode, false,
                    Arrays.copyOfRange(payload, at, at + length));
            at += length;
            opcode = 0;
            if (random.nextInt(3) == 0) {
                frame(out, random, masked, 9, true, control(random));
            }
        }
        frame(out, random, masked, opcode, true, Arrays.copyOfRange(payload, at, payload.length));
    }

    private static byte[] control(SplittableRandom random) {
        return Bytes.latin1("c".repeat(random.nextInt(random.nextBoolean() ? 4 : 120)));
    }

    private static byte[] text(SplittableRandom random) {
        String[] characters = {"a", "é", "€", "😀", "\u0000", "\uffff", "hello, world"};
        StringBuilder text = new StringBuilder();
        for (int i = random.nextInt(random.nextInt(6) == 0 ? 200 : 12); i > 0; i--) {
            text.append(characters[random.nextInt(characters.length)]);
        }
        return Bytes.utf8(text.toString());
    }

    private static void frame(ByteArrayOutputStream out, SplittableRandom random, boolean masked,
            int opcode, boolean fin, byte[] payload) {
        byte[] frame = new byte[14 + payload.length];
        MemorySegment mem = MemorySegment.ofArray(frame);
        int key = random.nextInt();
        int header = masked
                ? FrameEncoder.maskedHeader(mem, 0, opcode, fin, payload.length, key)
                : FrameEncoder.header(mem, 0, opcode, fin, payload.length);
        System.arraycopy(payload, 0, frame, header, payload.length);
        Mask.apply(mem, header, header, payload.length, masked ? key : 0, 0);
        out.write(frame, 0, header + payload.length);
    }

    private static void damage(byte[] bytes, SplittableRandom random) {
        for (int i = random.nextInt(3); i >= 0; i--) {
            int at = random.nextInt(random.nextBoolean() ? Math.min(bytes.length, 16)
                    : bytes.length);
            bytes[at] = (byte) (random.nextBoolean() ? random.nextInt()
                    : bytes[at] ^ 1 << random.nextInt(8));
        }
    }

    private static List<String> decode(byte[] bytes, boolean masked, int cut) {
        FrameStream stream = new FrameStream(masked);
        stream.feed(Arrays.copyOf(bytes, cut));
        stream.feed(Arrays.copyOfRange(bytes, cut, bytes.length));
        return stream.events();
    }
}
