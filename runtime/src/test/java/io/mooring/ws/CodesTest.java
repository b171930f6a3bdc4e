package io.mooring.ws;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;
import java.util.TreeSet;
import java.util.function.IntPredicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@link Opcode}, {@link CloseCode} and {@link ClosePayload}. */
class CodesTest {
    @Test
    void everyOpcodeIsJudged() {
        assertThat(all(0, 15, Opcode::isControl)).containsExactly(8, 9, 10, 11, 12, 13, 14, 15);
        assertThat(all(0, 15, Opcode::isReserved))
                .containsExactly(3, 4, 5, 6, 7, 11, 12, 13, 14, 15);
    }

    @Test
    void closeCodesOnTheWire() {
        Set<Integer> expected = IntStream.of(1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011,
                1012, 1013, 1014).boxed().collect(Collectors.toSet());
        IntStream.rangeClosed(3000, 4999).forEach(expected::add);
        assertThat(all(-10, 70_000, CloseCode::validOnWire)).containsExactlyInAnyOrderElementsOf(
                expected);
    }

    @ParameterizedTest
    @CsvSource({
        "'',                1005",
        "03,               -1002", // half a code
        "03 e8,             1000",
        "03 e9,             1001",
        "03 ec,            -1002", // 1004: reserved
        "03 ed,            -1002", // 1005, 1006, 1015: never on the wire
        "03 ee,            -1002",
        "03 f7,            -1002",
        "00 00,            -1002",
        "03 e7,            -1002",
        "07 d0,            -1002", // 2000: reserved for future versions of the protocol
        "0b b8,             3000",
        "13 87,             4999",
        "13 88,            -1002",
        "ff ff,            -1002",
        "03 e8 62 79 65,    1000",
        "03 e8 c3 a9,       1000",
        "03 e8 c3,         -1007", // the reason ends inside a character
        "03 e8 ff,         -1007",
        "03 e8 ed a0 80,   -1007", // a surrogate
        "03 ed ff,         -1002", // the code is judged first
    })
    void closePayloads(String hex, int expected) {
        byte[] payload = Bytes.hex(hex);
        assertThat(ClosePayload.parse(Bytes.heap(payload), 0, payload.length)).isEqualTo(expected);
        assertThat(ClosePayload.parse(Bytes.offHeap(payload, payload.length), 0, payload.length))
                .isEqualTo(expected);
    }

    private static Set<Integer> all(int from, int to, IntPredicate predicate) {
        return IntStream.rangeClosed(from, to).filter(predicate).boxed()
                .collect(Collectors.toCollection(TreeSet::new));
    }
}
