package io.mooring.kernel.tune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FormulaTest {

    private static final Ram RAM = new Ram(1_000_000, 4096);

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        7                        | 7
        2 + 3 * 4                | 14
        (2 + 3) * 4              | 20
        10 - 3 - 2               | 5
        7 / 2 * 2                | 6
        1 - 8                    | -7
        ram / page               | 244
        2 KiB + 1 MiB            | 1050624
        3GiB                     | 3221225472
        min(3, max(1, 2))        | 2
        min(ram, page) * 2       | 8192
        """)
    void computesFromTheLeftInWholeNumbers(String formula, long value) {
        assertThat(Formula.value(formula, RAM)).isEqualTo(value);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        2 +                                          | a number is missing
        2 3                                          | '3' is not expected
        cpus * 2                                     | 'cpus' is unknown
        5 KB                                         | there are KiB, MiB and GiB
        (1 + 2                                       | ')' is missing
        min(1)                                       | ',' is missing
        1 / 0                                        | by zero
        9223372036854775807 + 1                      | overflow
        9223372036854775808                          | too large
        9007199254740992 GiB                         | overflow
        """)
    void refusesWhatItIsNot(String formula, String why) {
        assertThatThrownBy(() -> Formula.value(formula, RAM))
            .isInstanceOf(IllegalArgumentException.class)
            .hasMessageContaining("the formula '" + formula).hasMessageContaining(why);
    }

    @Test
    void refusesToGoTooDeep() {
        assertThatThrownBy(() -> Formula.value("(".repeat(10_000) + "1", RAM))
            .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("too deep");
    }
}
