package io.mooring.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mooring.api.SlowReceivers;
import io.mooring.api.SlowReceivers.Policy;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine.TypeConversionException;

class SlowReceiverOptionTest {
    private static SlowReceiverOption parse(String text) {
        return new SlowReceiverOption.Converter().convert(text);
    }

    @Test
    void aPolicyAlone() {
        assertThat(parse("latest")).isEqualTo(new SlowReceiverOption(null,
            new SlowReceivers(Policy.LATEST, 1024, 128 * 1024)));
    }

    @Test
    void withATopicAndLimits() {
        assertThat(parse("chat.*=drop-oldest:100:256KiB")).isEqualTo(new SlowReceiverOption(
            "chat.*", new SlowReceivers(Policy.DROP_OLDEST, 100, 256 * 1024)));
        assertThat(parse("a=close:7")).isEqualTo(new SlowReceiverOption(
            "a", new SlowReceivers(Policy.CLOSE, 7, 128 * 1024)));
    }

    @ParameterizedTest
    @CsvSource({"newest, is no policy", "drop_newest, is not", "'', is not", "=latest, is not",
        "latest:0, choose 1 to", "latest:70000, choose 1 to", "latest:5:0, choose 1 to",
        "latest:5:6XB, not", "latest:, is not", "a=b=latest, is not"})
    void whatIsWrong(String text, String message) {
        assertThatThrownBy(() -> parse(text)).isInstanceOf(TypeConversionException.class)
            .hasMessageContaining(message);
    }
}
