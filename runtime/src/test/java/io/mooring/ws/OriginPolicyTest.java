package io.mooring.ws;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class OriginPolicyTest {
    @ParameterizedTest
    @CsvSource(nullValues = "-", value = {
        // No browser, or a page from here.
        "true,  -, localhost:9001",
        "true,  -, -",
        "true,  http://localhost:9001, localhost:9001",
        "true,  http://LocalHost:9001, localhost:9001",
        "true,  http://localhost:9001, LOCALHOST:9001",
        "true,  http://[::1]:9001, [::1]:9001",
        "true,  http://example.com, example.com",
        "true,  http://example.com, example.com:80",
        "true,  http://example.com:80, example.com",
        "true,  https://example.com, example.com",
        "true,  https://example.com, example.com:443",
        // Another port, another host, no host, no origin.
        "false, http://localhost:8000, localhost:9001",
        "false, http://localhost, localhost:9001",
        "false, http://127.0.0.1:9001, localhost:9001",
        "false, https://example.com, example.com:80",
        "false, http://example.com, example.com:443",
        "false, http://evil.com, localhost:9001",
        "false, http://localhost:9001.evil.com, localhost:9001",
        "false, http://localhost:90010, localhost:9001",
        "false, http://xlocalhost:9001, localhost:9001",
        "false, http://localhost:9001, -",
        "false, null, localhost:9001",
        "false, null, null",
        "false, '', localhost:9001",
        "false, localhost:9001, localhost:9001",
        "false, http://, localhost:9001",
        "false, http://evil.com/localhost:9001, localhost:9001",
        "false, http://localhost:9001/, localhost:9001",
        "false, http://evil.com#@localhost:9001, localhost:9001",
        "false, http://u@localhost:9001, localhost:9001",
        "false, 'http://localhost:9001, http://evil.com', localhost:9001",
        "false, 'http://evil.com, http://localhost:9001', localhost:9001",
        "false, http://localhost:9001 http://localhost:9001, localhost:9001",
    })
    void sameHost(boolean allowed, String origin, String host) {
        assertThat(OriginPolicy.SAME_HOST.allows(origin, host)).isEqualTo(allowed);
        assertThat(OriginPolicy.SAME_HOST.and("https://else.org").allows(origin, host))
                .isEqualTo(allowed);
        assertThat(OriginPolicy.SAME_HOST.and("*").allows(origin, host)).isTrue();
    }

    @Test
    void others() {
        OriginPolicy policy = OriginPolicy.SAME_HOST.and("https://Example.com:443")
                .and("http://10.0.0.5:8080");
        assertThat(policy.allowsOthers()).isTrue();
        assertThat(OriginPolicy.SAME_HOST.allowsOthers()).isFalse();
        assertThat(policy.allows("https://example.com", "h")).isTrue();
        assertThat(policy.allows("http://10.0.0.5:8080", "h")).isTrue();
        assertThat(policy.allows("http://example.com", "h")).as("the scheme counts").isFalse();
        assertThat(policy.allows("https://example.com:444", "h")).isFalse();
        assertThat(policy.allows("https://a.example.com", "h")).isFalse();
        assertThat(policy.allows("null", "h")).isFalse();
        assertThat(policy.allowsOther("https://h")).as("at home, but not by name").isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "null", "example.com", "https://", "https://a/b", "https://a b",
        "https://*.a.com/", "https://u@a", "https://a,https://b", "://a"})
    void refusesWhatIsNoOrigin(String origin) {
        assertThatThrownBy(() -> OriginPolicy.SAME_HOST.and(origin))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("allowOrigin is ").hasMessageContaining("https://");
    }
}
