package io.mooring.sys;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.HexFormat;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SocketAddressTest {
    private static String write(InetAddress address, int port) {
        try (Arena arena = Arena.ofConfined()) {
            long at = arena.allocate(Abi.SOCKADDR_IN6_BYTES, 8).address();
            for (int i = 0; i < Abi.SOCKADDR_IN6_BYTES; i++) {
                OffHeap.putByte(at + i, (byte) 0xee); // of an earlier use
            }
            byte[] bytes = new byte[SocketAddress.write(at, address, port)];
            OffHeap.copy(at, bytes, 0, bytes.length);
            return HexFormat.of().formatHex(bytes);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "127.1.2.3, 9001, 0200 2329 7f010203 0000000000000000",
        "10.0.0.255, 65535, 0200 ffff 0a0000ff 0000000000000000",
        "::1, 80, 0a00 0050 00000000 00000000000000000000000000000001 00000000",
        "2001:db8::fe, 0, 0a00 0000 00000000 20010db80000000000000000000000fe 00000000"})
    void writes(String address, int port, String expected) {
        assertThat(write(InetAddress.ofLiteral(address), port))
            .isEqualTo(expected.replace(" ", "").toLowerCase(Locale.ROOT));
    }

    /** Without the link the kernel could not know where fe80::1 is. */
    @Test
    void aLinkLocalAddressNamesItsLink() throws UnknownHostException {
        byte[] bytes = InetAddress.ofLiteral("fe80::1").getAddress();
        assertThat(write(Inet6Address.getByAddress(null, bytes, 0x1234), 80))
            .isEqualTo("0a00" + "0050" + "00000000" + "fe800000000000000000000000000001"
                + "34120000");
    }
}
