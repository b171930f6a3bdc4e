package io.mooring.kernel.tune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mooring.kernel.KernelException;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class ProfileParserTest {

    private static final String HEAD = "# profile: mine\n# title: for one\n# and more\n\n";
    private static final String TEXTS = "# does: something\n#   at length\n# costs: nothing\n"
        + "# measured: no\n";

    @Test
    void readsASettingWithWhatIsSaidOfIt() {
        Profile profile = ProfileParser.parse("mine.conf", HEAD + "# A paragraph for readers:\n"
            + "# it says nothing of a setting.\n\n" + TEXTS + "# absent: a module is missing\n"
            + "# rule: lower raise\n-net.ipv4.ip_local_port_range = 1024  65535\n");
        assertThat(profile.name()).isEqualTo("mine");
        assertThat(profile.title()).isEqualTo("for one");
        assertThat(profile.settings()).containsExactly(new Setting("net.ipv4.ip_local_port_range",
            14, List.of(1024L, 65535L), List.of(Rule.LOWER, Rule.RAISE), List.of(), null, true,
            "something at length", "nothing", "no", "a module is missing"));
    }

    @Test
    void computesForTheMachineAtHand() {
        Setting setting = ProfileParser.parse("mine.conf", HEAD + TEXTS + "# rule: raise raise\n"
            + "# computed: ram / page\n#   | 7\n# computed-for: ram 64 KiB, page 16384\n"
            + "a.b = 4 7\n").settings().getFirst();
        assertThat(setting.wanted(new Ram(1 << 20, 4096))).containsExactly(256L, 7L);
        assertThat(setting.target(new Ram(1 << 20, 4096), List.of(300L, 1L)))
            .containsExactly(300L, 7L);
    }

    @ParameterizedTest
    @MethodSource("mistakes")
    void tellsTheLineOfAMistake(String text, int line, String why) {
        assertThatThrownBy(() -> ProfileParser.parse("mine.conf", text))
            .isInstanceOf(KernelException.class)
            .hasMessageStartingWith("mine.conf:" + line + ": ").hasMessageContaining(why);
    }

    static Stream<Arguments> mistakes() {
        String rule = "# rule: raise\n";
        return Stream.of(
            mistake("", 1, "# profile: NAME"),
            mistake("# profile: a\n\na.b = 1\n", 1, "# title:"),
            mistake("# profile: A b\n# title: t\n", 1, "no name"),
            mistake(HEAD, 4, "no setting"),
            mistake(HEAD + TEXTS + "a.b = 1\n", 9, "'# rule: ...'"),
            mistake(HEAD + "# rule: raise\na.b = 1\n", 6, "'# does: ...'"),
            mistake(HEAD + TEXTS + rule + "\na.b = 1\n", 10, "no empty line"),
            mistake(HEAD + TEXTS + rule, 9, "the setting to which"),
            mistake(HEAD + "# does: a\n# does: b\na.b = 1\n", 6, "a second 'does'"),
            mistake(HEAD + "# dose: a\n# costs: b\na.b = 1\n", 5, "neither one of"),
            mistake(HEAD + TEXTS + rule + "a.b 1\n", 10, "key = number"),
            mistake(HEAD + TEXTS + rule + "a.b = one\n", 10, "key = number"),
            mistake(HEAD + TEXTS + rule + "a.b = -1\n", 10, "key = number"),
            mistake(HEAD + TEXTS + rule + "../etc.x = 1\n", 10, "key = number"),
            mistake(HEAD + TEXTS + rule + "a..b = 1\n", 10, "key = number"),
            mistake(HEAD + TEXTS + rule + "a/b.c = 1\n", 10, "key = number"),
            mistake(HEAD + TEXTS + rule + "a.b = 9223372036854775808\n", 10, "64 bits"),
            mistake(HEAD + TEXTS + rule + "a.b = 1 2\n", 10, "2 numbers and 1 rules"),
            mistake(HEAD + TEXTS + "# rule: more\na.b = 1\n", 10, "no rule 'more'"),
            mistake(HEAD + TEXTS + rule + "a.b = 1\n\n" + TEXTS + rule + "a.b = 1\n", 17,
                "second time"),
            mistake(HEAD + TEXTS + rule + "# computed: 1\na.b = 1\n", 11, "'computed-for'"),
            mistake(HEAD + TEXTS + rule + "# computed: 1 | 2\n# computed-for: ram 1 KiB, page 1\n"
                + "a.b = 1\n", 12, "1 numbers and 2 formulas"),
            mistake(HEAD + TEXTS + rule + "# computed: 1 +\n# computed-for: ram 1 KiB, page 1\n"
                + "a.b = 1\n", 12, "a number is missing"),
            mistake(HEAD + TEXTS + rule + "# computed: 1\n# computed-for: a Pi\na.b = 1\n", 12,
                "'ram N KiB, page N'"),
            mistake(HEAD + TEXTS + rule + "# computed: ram\n# computed-for: ram 1 KiB, page 1\n"
                + "a.b = 1000\n", 12, "the formulas give 1024"));
    }

    private static Arguments mistake(String text, int line, String why) {
        return Arguments.of(text, line, why);
    }

    @Test
    void tellsTheLineOfAMistakenLimit() {
        String texts = TEXTS + "# rule: raise\n";
        assertThat(LimitsFile.parse("l.conf", texts + "* hard nofile 7\n")).singleElement()
            .extracting(LimitsFile.Limit::key, LimitsFile.Limit::value)
            .containsExactly("* hard nofile", 7L);
        assertThatThrownBy(() -> LimitsFile.parse("l.conf", texts + "* hard nproc 7\n"))
            .isInstanceOf(KernelException.class).hasMessageStartingWith("l.conf:6: ");
        assertThatThrownBy(() -> LimitsFile.parse("l.conf", "* hard nofile 7\n"))
            .isInstanceOf(KernelException.class).hasMessageStartingWith("l.conf:1: ");
    }
}
