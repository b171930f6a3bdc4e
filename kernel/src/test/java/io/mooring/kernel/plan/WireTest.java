package io.mooring.kernel.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class WireTest {

    /** 32 + 2 WebSocket, 32 TCP, 20 IPv4, 14 + 4 Ethernet, 8 preamble, 12 gap. */
    @Test
    void aMessageOf32BytesIs124OnTheWire() {
        assertThat(new Wire(32).wireBytes()).isEqualTo(124);
        assertThat(new Wire(64).wireBytes()).isEqualTo(156);
        assertThat(new Wire(64).explained()).endsWith("= 156 B").contains("64 payload");
    }

    @Test
    void aGigabitTakesASecondForAMillion() {
        assertThat(new Wire(32).seconds(1_000_000, 1_000_000_000)).isCloseTo(0.992, within(1e-9));
        assertThat(new Wire(32).seconds(1_000_000, 0)).as("not known").isZero();
    }

    /** From 126 bytes on a header has two more, from 65,536 on eight; a packet carries 1,448. */
    @Test
    void longerMessages() {
        assertThat(new Wire(125).wireBytes()).isEqualTo(125 + 2 + 90);
        assertThat(new Wire(126).wireBytes()).isEqualTo(126 + 4 + 90);
        assertThat(new Wire(1444).segments()).isEqualTo(1);
        assertThat(new Wire(1445).wireBytes()).isEqualTo(1445 + 4 + 2 * 90);
        assertThat(new Wire(65_536).wireBytes()).isEqualTo(65_546 + 46 * 90);
        assertThat(new Wire(1445).explained()).contains("2 x (").endsWith("= 1,629 B");
    }
}
