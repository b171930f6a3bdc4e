package io.mooring.probe.netlink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever comes, the reader ends: with sockets, or with an error that says what was wrong. */
class NetlinkReaderTest {

    private static final int SEED = 20_261_126;

    private static List<Integer> inodes(NetlinkReader reader, byte[] bytes)
            throws NetlinkException {
        List<Integer> inodes = new ArrayList<>();
        SocketRecord record = new SocketRecord();
        reader.read(Messages.datagram(bytes), (type, data, at, length) -> {
            SockDiagParser.parse(data, at, length, record);
            inodes.add(record.inode);
        });
        return inodes;
    }

    @Test
    void takesAMultiPartAnswerApart() throws NetlinkException {
        NetlinkReader reader = new NetlinkReader(7);
        assertThat(inodes(reader, new Messages().socket(7, 1, 80, 11, 0).socket(7, 1, 80, 12, 0)
                .bytes())).containsExactly(11, 12);
        assertThat(reader.isDone()).isFalse();
        assertThat(inodes(reader, new Messages().socket(7, 10, 80, 13, 0).done(7, 0).bytes()))
                .containsExactly(13);
        assertThat(reader.isDone()).isTrue();
    }

    @Test
    void readsAllFiguresOfASocket() throws NetlinkException {
        byte[] bytes = new Messages().socket(1, 8, 9001, 4711, 768).bytes();
        SocketRecord socket = new SocketRecord();
        new NetlinkReader(1).read(Messages.datagram(bytes), (type, data, at, length) ->
                SockDiagParser.parse(data, at, length, socket));
        assertThat(socket.stateName()).isEqualTo("CLOSE-WAIT");
        assertThat(socket.localText()).isEqualTo("127.0.0.1:9001");
        assertThat(socket.remoteText()).isEqualTo("127.0.0.2:40000");
        assertThat(socket.cookie).isEqualTo(0x5566778811223344L);
        assertThat(socket.receiveQueue).isEqualTo(34);
        assertThat(socket.sendQueue).isEqualTo(7);
        assertThat(socket.uid).isEqualTo(1000);
        assertThat(socket.inode).isEqualTo(4711);
        assertThat(socket.rmem).isEqualTo(768);
        assertThat(socket.rcvbuf).isEqualTo(131_072);
        assertThat(socket.sndbuf).isEqualTo(87_040);
        assertThat(socket.forward).isEqualTo(3072);
        assertThat(socket.wmemQueued).isEqualTo(1280);
        assertThat(socket.drops).isEqualTo(5);
    }

    @Test
    void repeatsTheKernelsWords() {
        byte[] bytes = new Messages().error(3, -22, "Invalid \u0007header").bytes();
        assertThatThrownBy(() -> inodes(new NetlinkReader(3), bytes))
                .isInstanceOf(NetlinkException.class)
                .hasMessageContaining("errno 22: Invalid header")
                .extracting(e -> ((NetlinkException) e).errno()).isEqualTo(22);
    }

    @Test
    void anErrorAtTheEndOfADumpIsAnError() {
        assertThatThrownBy(() -> inodes(new NetlinkReader(3), new Messages().done(3, -12).bytes()))
                .hasMessageContaining("errno 12");
        assertThatThrownBy(() -> inodes(new NetlinkReader(3), new Messages().done(3, 5).bytes()))
                .hasMessageContaining("impossible");
    }

    @Test
    void anAnswerToAnotherRequestIsAnError() {
        byte[] bytes = new Messages().socket(2, 1, 80, 11, 0).bytes();
        assertThatThrownBy(() -> inodes(new NetlinkReader(3), bytes))
                .isInstanceOf(NetlinkException.class).hasMessageContaining("request 2, not 3");
    }

    @Test
    void nothingMayComeAfterTheEnd() {
        byte[] bytes = new Messages().done(3, 0).socket(3, 1, 80, 11, 0).bytes();
        NetlinkReader reader = new NetlinkReader(3);
        assertThatThrownBy(() -> inodes(reader, bytes)).hasMessageContaining("after the end");
        assertThatThrownBy(() -> inodes(reader, bytes)).hasMessageContaining("after the end");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 15, 17, 4096, Integer.MAX_VALUE, -1, Integer.MIN_VALUE})
    void aLengthThatIsALieIsAnError(int length) {
        byte[] bytes = new Messages().claiming(3, length).bytes();
        assertThatThrownBy(() -> inodes(new NetlinkReader(3), bytes))
                .isInstanceOf(NetlinkException.class);
    }

    @Test
    void cutAtEveryByteItIsAnErrorOrWhatWasWhole() throws NetlinkException {
        byte[] whole = new Messages().socket(9, 1, 80, 11, 0).socket(9, 1, 80, 12, 0).done(9, 0)
                .bytes();
        int first = new Messages().socket(9, 1, 80, 11, 0).bytes().length;
        for (int cut = 0; cut < whole.length; cut++) {
            byte[] bytes = Arrays.copyOf(whole, cut);
            if (cut == first || cut == 2 * first) {
                NetlinkReader reader = new NetlinkReader(9);
                assertThat(inodes(reader, bytes)).hasSize(cut / first);
                assertThat(reader.isDone()).isFalse();
            } else {
                assertThatThrownBy(() -> inodes(new NetlinkReader(9), bytes))
                        .as("cut at %d", cut).isInstanceOf(NetlinkException.class);
            }
        }
    }

    /** Each attribute cut short within a message whose own length is true. */
    @Test
    void everyShorterBodyEndsInAnErrorOrASocket() {
        byte[] whole = new Messages().socket(9, 1, 80, 11, 0).bytes();
        ByteBuffer data = Messages.datagram(whole);
        SocketRecord record = new SocketRecord();
        int parsed = 0;
        for (int length = 0; length <= whole.length - NetlinkReader.HEADER_BYTES; length++) {
            try {
                SockDiagParser.parse(data, NetlinkReader.HEADER_BYTES, length, record);
                parsed++;
            } catch (NetlinkException e) {
                assertThat(e.getMessage()).isNotBlank();
            }
        }
        // The bare message, it with the first attribute, with both; the last with and without fill.
        assertThat(parsed).isBetween(3, 6);
    }

    @Test
    void fuzzedMessagesNeverDoWorseThanAnError() {
        Random random = new Random(SEED);
        byte[] seed = new Messages().socket(9, 1, 80, 11, 0).socket(9, 6, 80, 0, 0)
                .error(9, -22, "text").socket(9, 1, 80, 12, 0).done(9, 0).bytes();
        int errors = 0;
        int rounds = 200_000;
        for (int round = 0; round < rounds; round++) {
            byte[] bytes = Arrays.copyOf(seed, 1 + random.nextInt(seed.length));
            for (int i = random.nextInt(8); i >= 0; i--) {
                bytes[random.nextInt(bytes.length)] = (byte) (random.nextBoolean()
                        ? random.nextInt() : random.nextInt(4));
            }
            try {
                inodes(new NetlinkReader(9), bytes);
            } catch (NetlinkException e) {
                errors++;
            }
        }
        assertThat(errors).isBetween(rounds / 2, rounds);
    }

    @Test
    void noiseNeverDoesWorseThanAnError() {
        Random random = new Random(SEED + 1);
        for (int round = 0; round < 50_000; round++) {
            byte[] bytes = new byte[random.nextInt(200)];
            random.nextBytes(bytes);
            assertThatThrownBy(() -> inodes(new NetlinkReader(9), bytes))
                    .isInstanceOf(NetlinkException.class);
        }
    }

    @Test
    void shuffledMessagesAreReadOrRefused() {
        Random random = new Random(SEED + 2);
        for (int round = 0; round < 2_000; round++) {
            Messages messages = new Messages();
            int before = 0;
            boolean ended = false;
            boolean wrong = false;
            for (int i = 0; i < 6; i++) {
                wrong |= ended;
                if (random.nextInt(4) == 0) {
                    messages.done(9, 0);
                    ended = true;
                } else {
                    messages.socket(9, 1, 80, 1 + before++, 0);
                }
            }
            byte[] bytes = messages.bytes();
            if (wrong) {
                assertThatThrownBy(() -> inodes(new NetlinkReader(9), bytes))
                        .isInstanceOf(NetlinkException.class);
            }
        }
    }
}
