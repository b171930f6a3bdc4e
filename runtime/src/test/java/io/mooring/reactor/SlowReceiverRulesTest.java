package io.mooring.reactor;

import static org.assertj.core.api.Assertions.assertThat;

import io.mooring.api.SlowReceivers;
import io.mooring.api.SlowReceivers.Policy;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SlowReceiverRulesTest {
    private static final SlowReceivers NEWEST = SlowReceivers.of(Policy.DROP_NEWEST);
    private static final SlowReceivers OLDEST = SlowReceivers.of(Policy.DROP_OLDEST);
    private static final SlowReceivers LATEST = SlowReceivers.of(Policy.LATEST);
    private static final SlowReceivers CLOSE = SlowReceivers.of(Policy.CLOSE);

    @Test
    void theNameThenTheLongestPrefixThenTheDefault() {
        SlowReceiverRules rules = new SlowReceiverRules(NEWEST,
            Map.of("tick*", OLDEST, "ticker.*", LATEST, "ticker.a", CLOSE));
        assertThat(rules.isUniform()).isFalse();
        assertThat(rules.of("ticker.a")).isEqualTo(CLOSE);
        assertThat(rules.of("ticker.ab")).isEqualTo(LATEST);
        assertThat(rules.of("ticker.")).isEqualTo(LATEST);
        assertThat(rules.of("ticker")).isEqualTo(OLDEST);
        assertThat(rules.of("tic")).isEqualTo(NEWEST);
        assertThat(rules.of("")).isEqualTo(NEWEST);
    }

    @Test
    void allTheSame() {
        SlowReceiverRules rules = new SlowReceiverRules(CLOSE, Map.of());
        assertThat(rules.isUniform()).isTrue();
        assertThat(rules.others()).isEqualTo(CLOSE);
        assertThat(rules.of("anything")).isEqualTo(CLOSE);
        assertThat(new SlowReceiverRules(CLOSE, Map.of("*", LATEST)).of("anything"))
            .isEqualTo(LATEST);
    }
}
