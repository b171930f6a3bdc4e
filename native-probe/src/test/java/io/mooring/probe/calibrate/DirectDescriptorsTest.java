package io.mooring.probe.calibrate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;

import io.mooring.probe.Probe;
import io.mooring.probe.ProbeException;
import io.mooring.probe.model.Report;
import io.mooring.probe.model.Report.Scope;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Sockets that lie in a ring and in no descriptor: this very process has some. */
class DirectDescriptorsTest {

    private static final int CONNECTIONS = 300;

    private static Pairs open(Situation situation) {
        try {
            return new Pairs(situation, CONNECTIONS);
        } catch (ProbeException e) {
            return abort(e.getMessage());
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"RING_POLL", "RING_RECV", "RING_READ"})
    void areFoundWithTheirRequests(Situation situation) {
        try (Pairs pairs = open(situation)) {
            pairs.add(CONNECTIONS);
            Report report = Probe.here(0, 8, 0).take(
                    new Scope(Scope.Kind.PID, (int) ProcessHandle.current().pid()));
            assertThat(report.holders().rings()).isEqualTo(1);
            assertThat(report.holders().direct()).isEqualTo(CONNECTIONS);
            assertThat(report.connections()).isEqualTo(2 * CONNECTIONS);
            assertThat(report.totals().withFile).isEqualTo(2 * CONNECTIONS + 1);
            assertThat(report.holders().pollAdd())
                    .isEqualTo(situation == Situation.RING_POLL ? CONNECTIONS : 0);
            assertThat(report.holders().recv())
                    .isEqualTo(situation == Situation.RING_RECV ? CONNECTIONS : 0);
            assertThat(report.holders().read())
                    .isEqualTo(situation == Situation.RING_READ ? CONNECTIONS : 0);
        }
    }

    /**
     * Of two rings one is read, and the report says so. Where the other is the only place for the
     * sockets that nothing names (Linux before 6.14) it is taken to be alike.
     */
    @ParameterizedTest
    @EnumSource(names = "RING_POLL")
    void ofASampleTheReportSaysThatItIsOne(Situation situation) {
        try (Pairs one = open(situation); Pairs two = open(situation)) {
            one.add(CONNECTIONS);
            two.add(CONNECTIONS);
            Report ofPid = Probe.here(0, 1, 0).take(
                    new Scope(Scope.Kind.PID, (int) ProcessHandle.current().pid()));
            int rings = ofPid.totals().byElimination == 0 ? 1 : 2;
            assertThat(ofPid.holders().direct()).isEqualTo(rings * CONNECTIONS);
            assertThat(ofPid.holders().pollAdd()).isEqualTo(rings * CONNECTIONS);
            assertThat(ofPid.connections()).isEqualTo((2 + rings) * CONNECTIONS);
            Report ofAll = Probe.here(0, 1, 0).take(new Scope(Scope.Kind.HOST, 0));
            assertThat(ofAll.holders().pollAdd()).isGreaterThanOrEqualTo(2 * CONNECTIONS);
            for (Report report : List.of(ofPid, ofAll)) {
                assertThat(report.sources()).anySatisfy(source -> {
                    assertThat(source.isThere()).isFalse();
                    assertThat(source.why()).contains("rings left out or busy: ");
                });
            }
        }
    }
}
