package io.mooring.probe.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class BtfTest {

    private static byte[] btf(ByteOrder order) {
        ByteBuffer data = ByteBuffer.allocate(256).order(order);
        byte[] strings = "\0int\0tcp_sock\0socket_alloc\0".getBytes(StandardCharsets.US_ASCII);
        data.putShort((short) 0xeb9f).put((byte) 1).put((byte) 0).putInt(24).putInt(0);
        int types = 16 + 12 + 2 * 12 + 12 + 12;
        data.putInt(types).putInt(types).putInt(strings.length);
        data.putInt(1).putInt(1 << 24).putInt(4).putInt(32);
        data.putInt(5).putInt(4 << 24 | 2).putInt(2368).put(new byte[24]);
        data.putInt(0).putInt(2 << 24).putInt(1);
        data.putInt(14).putInt(4 << 24).putInt(832);
        data.put(strings);
        return Arrays.copyOf(data.array(), data.position());
    }

    @Test
    void findsStructsInEitherByteOrder() {
        for (ByteOrder order : new ByteOrder[] {ByteOrder.LITTLE_ENDIAN, ByteOrder.BIG_ENDIAN}) {
            assertThat(Btf.sizes(btf(order), Set.of("tcp_sock", "socket_alloc", "int")))
                    .isEqualTo(Map.of("tcp_sock", 2368, "socket_alloc", 832));
        }
    }

    @Test
    void brokenOnesAreAnErrorOrWhatIsWhole() {
        byte[] whole = btf(ByteOrder.LITTLE_ENDIAN);
        for (int cut = 0; cut < whole.length; cut++) {
            byte[] bytes = Arrays.copyOf(whole, cut);
            assertThatThrownBy(() -> Btf.sizes(bytes, Set.of("tcp_sock")))
                    .as("cut at %d", cut).isInstanceOf(RuntimeException.class);
        }
        Random random = new Random(3);
        for (int i = 0; i < 20_000; i++) {
            byte[] bytes = whole.clone();
            bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
            assertThat(Reading.of(bytes).map(b -> Btf.sizes(b, Set.of("tcp_sock"))))
                    .isNotNull();
        }
    }

    @Test
    void agreesWithTheSlabsOfThisKernel() {
        ProcFs here = new ProcFs(Path.of("/"), 4096);
        Reading<Map<String, Integer>> sizes = Btf.read(here, Set.of("tcp_sock", "io_kiocb"));
        Reading<SlabCaches> slabs = SlabCaches.read(here);
        assumeTrue(sizes.isThere() && slabs.isThere(), sizes.why() + slabs.why());
        SlabCaches.Cache tcp = slabs.value().byName().get("TCP");
        assertThat(sizes.value().get("tcp_sock")).isBetween(tcp.objectBytes() - 127,
                tcp.objectBytes());
    }
}
