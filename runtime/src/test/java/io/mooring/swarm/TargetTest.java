package io.mooring.swarm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mooring.sys.SetupException;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TargetTest {
    @ParameterizedTest
    @CsvSource({
        "ws://127.0.0.1:9001/echo,          127.0.0.1, 9001, 127.0.0.1:9001, /echo",
        "WS://127.0.0.1,                    127.0.0.1, 80,   127.0.0.1,      /",
        "ws://127.0.0.1:80/a?b=c&d,         127.0.0.1, 80,   127.0.0.1,      /a?b=c&d",
        "ws://127.0.0.1/a%20b?c=%C3%A9,     127.0.0.1, 80,   127.0.0.1,      /a%20b?c=%C3%A9",
        "ws://127.0.0.1/é,                  127.0.0.1, 80,   127.0.0.1,      /%C3%A9",
        "ws://127.0.0.1?x,                  127.0.0.1, 80,   127.0.0.1,      /?x",
        "ws://[::1]:9001/x,                 0:0:0:0:0:0:0:1, 9001, [::1]:9001, /x"})
    void understands(String url, String address, int port, String host, String path) {
        Target target = Target.parse(url);
        assertThat(target.address().getHostAddress()).isEqualTo(address);
        assertThat(target.port()).isEqualTo(port);
        assertThat(target.host()).isEqualTo(host);
        assertThat(target.path()).isEqualTo(path);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "x", "http://127.0.0.1/", "ws:///x", "ws://127.0.0.1:0/",
        "ws://127.0.0.1:70000/", "ws://u@127.0.0.1/", "ws://127.0.0.1/#x", "ws://127.0.0.1/ x",
        "wss://127.0.0.1/"})
    void refuses(String url) {
        assertThatThrownBy(() -> Target.parse(url)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void tlsNeedsAProxy() {
        assertThatThrownBy(() -> Target.parse("wss://127.0.0.1/")).hasMessageContaining("proxy");
    }

    @Test
    void looksNamesUp() {
        assertThat(Target.parse("ws://localhost/").address().isLoopbackAddress()).isTrue();
        assertThatThrownBy(() -> Target.parse("ws://no-such-host.invalid/"))
            .isInstanceOf(SetupException.class).hasMessageContaining("no-such-host.invalid");
    }

    // ---- sources

    @Test
    void loopbackHasManySources() {
        Sources sources = Sources.forTarget(Target.parse("ws://127.0.0.1/"));
        Set<String> seen = new HashSet<>();
        for (int block = 0; block < 1_000; block++) {
            byte[] ip = sources.at(block).getAddress();
            assertThat(ip).hasSize(4);
            assertThat(ip[0]).isEqualTo((byte) 127);
            assertThat(ip[3]).isNotIn((byte) 0, (byte) 255);
            seen.add(sources.at(block).getHostAddress());
        }
        assertThat(seen).hasSize(1_000).doesNotContain("127.0.0.1");
        assertThatCode(() -> sources.check(2_000_000, true)).doesNotThrowAnyException();
        assertThatThrownBy(() -> sources.check(2_000_000, false))
            .isInstanceOf(SetupException.class).hasMessageContaining("6.11");
    }

    @Test
    void elsewhereTheKernelChooses() {
        Target target = Target.parse("ws://192.0.2.1/");
        assertThat(Sources.forTarget(target).isEmpty()).isTrue();
        assertThat(Sources.forTarget(Target.parse("ws://[::1]/")).isEmpty()).isTrue();
        assertThatCode(() -> Sources.none().check(1_000, true)).doesNotThrowAnyException();
        assertThatThrownBy(() -> Sources.none().check(100_000, true))
            .isInstanceOf(SetupException.class)
            .hasMessageContaining("--source").hasMessageContaining("ip_local_port_range");
    }

    @Test
    void aRangeOfSources() {
        Target v4 = Target.parse("ws://192.0.2.1/");
        Sources range = Sources.parse("10.0.0.254-10.0.1.2", v4);
        assertThat(range.count()).isEqualTo(5);
        assertThat(range.at(0).getHostAddress()).isEqualTo("10.0.0.254");
        assertThat(range.at(2).getHostAddress()).isEqualTo("10.0.1.0");
        assertThat(range.at(5).getHostAddress()).isEqualTo("10.0.0.254");
        assertThat(Sources.parse("0.0.0.7", v4).at(3).getHostAddress()).isEqualTo("0.0.0.7");
        Sources v6 = Sources.parse("fe80::ff-fe80::100", Target.parse("ws://[::1]/"));
        assertThat(v6.at(1).getHostAddress()).isEqualTo("fe80:0:0:0:0:0:0:100");
        assertThatThrownBy(() -> range.check(1_000_000, true))
            .hasMessageContaining("5 addresses");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "x", "1.2.3.4-", "1.2.3.4-1.2.3.3", "1.2.3.4-::1", "::1", "a-b-c"})
    void refusesSources(String range) {
        Target v4 = Target.parse("ws://192.0.2.1/");
        assertThatThrownBy(() -> Sources.parse(range, v4))
            .isInstanceOf(IllegalArgumentException.class);
    }
}
