package io.mooring.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonTest {

    @Test
    void valuesOfEveryKind() {
        assertThat(Json.parse(" {\"a\" : [1, -2.5, 1e3, true, false, null, \"x\"], \"b\":{}} "))
                .isEqualTo(Map.of("a", Arrays.asList(1L, -2.5, 1000.0, true, false, null, "x"),
                        "b", Map.of()));
    }

    @Test
    void whatIsWrittenIsRead() {
        Map<String, Object> value = new TreeMap<>();
        value.put("text", "quote \" backslash \\ line\nend \u0001 é");
        value.put("list", List.of(1L, 2.5, List.of(), Map.of("k", false)));
        value.put("none", null);
        assertThat(Json.parse(Json.write(value))).isEqualTo(value);
    }

    @Test
    void notANumberIsNull() {
        assertThat(Json.write(List.of(Double.NaN))).isEqualTo("[\n  null\n]\n");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "{", "[1", "[1,]", "{\"a\"}", "\"x", "1 2", "tru", "-", "{1:2}",
        "\"\\"})
    void brokenTextIsRefused(String text) {
        assertThatThrownBy(() -> Json.parse(text)).isInstanceOf(IllegalArgumentException.class);
    }
}
