package io.mooring.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HttpReplyTest {
    @Test
    void keepsHeadersInTheirOrderAndFromTheirGiver() {
        Map<String, String> given = new LinkedHashMap<>();
        given.put("Z", "1");
        given.put("A", "caf\u00e9\tau lait");
        HttpReply reply = new HttpReply(200, "text/plain", new byte[0], given);
        given.clear();
        assertThat(reply.withHeader("Retry-After", "1").headers().keySet())
            .containsExactly("Z", "A", "Retry-After");
        assertThat(reply.headers()).hasSize(2);
        assertThat(HttpReply.json(200, "{}").contentType()).isEqualTo("application/json");
    }

    @ParameterizedTest
    @ValueSource(strings = {"a\r\nSet-Cookie: b", "a\nb", "a\rb", "\u0000", "a\u007f", "\u010a",
        "\u560d\u560a", "\ud83d\ude00"})
    void noValueCanBecomeAnotherHeader(String value) {
        HttpReply reply = HttpReply.text(200, "");
        assertThatThrownBy(() -> reply.withHeader("X", value))
            .isInstanceOf(IllegalArgumentException.class).hasMessageNotContainingAny("\r", "\n");
        assertThatThrownBy(() -> new HttpReply(200, value, new byte[0]))
            .isInstanceOf(IllegalArgumentException.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a b", "a:", "a\r\nb", "caf\u00e9", "\u0130", "content-length",
        "Content-Type", "TRANSFER-ENCODING", "connection"})
    void noNameThatIsNoneOrTheServersOwn(String name) {
        HttpReply reply = HttpReply.text(200, "");
        assertThatThrownBy(() -> reply.withHeader(name, "x"))
            .isInstanceOf(IllegalArgumentException.class);
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 0, 100, 101, 199, 600, 2000})
    void noStatusThatIsNoAnswer(int status) {
        assertThatThrownBy(() -> HttpReply.text(status, ""))
            .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("" + status);
    }

    @Test
    void noBodyWhereThereCanBeNone() {
        assertThatThrownBy(() -> HttpReply.text(204, "x")).hasMessageContaining("no body");
        assertThat(new HttpReply(204, null, new byte[0]).status()).isEqualTo(204);
    }
}
