package io.mooring.kernel.tune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** An end at any step: what was there before is known, and comes back. */
class CrashTest {

    private static final Profile MILLION = Profiles.load("million");
    private static final int KILLED = 137;

    @TempDir
    Path folder;

    /** Ends the program, as far as what outlives it is concerned. */
    static final class Stop extends Error {
        private static final long serialVersionUID = 1L;
    }

    private static Consumer<String> stopAt(int step) {
        int[] passed = {0};
        return name -> {
            if (passed[0]++ == step) {
                throw new Stop();
            }
        };
    }

    private FixtureMachine machine(String name) {
        FixtureMachine machine = new FixtureMachine(folder.resolve(name));
        machine.put("etc/security/limits.conf", "");
        return machine;
    }

    private static void apply(FixtureMachine machine, Profile profile, Consumer<String> step) {
        new Tuner(machine.host, machine.state, step).apply(profile, true, false);
    }

    private static Outcome revert(FixtureMachine machine, Consumer<String> step) {
        return new Reverter(machine.host, machine.state, step).revert(false);
    }

    private static List<String> steps(Consumer<Consumer<String>> work) {
        List<String> steps = new ArrayList<>();
        work.accept(steps::add);
        return steps;
    }

    private static void isAsBefore(FixtureMachine machine, Map<String, String> before,
            String how) {
        assertThat(machine.sysctls()).as(how).isEqualTo(before);
        assertThat(machine.filesBelow("etc")).as(how).containsExactly("etc/security/limits.conf");
        assertThat(machine.filesBelow("var")).as(how).isEmpty();
    }

    @Test
    void applyMayEndAtAnyStep() {
        List<String> steps = steps(each -> apply(machine("all"), MILLION, each));
        assertThat(steps).startsWith("state").contains("net.ipv4.tcp_mem", Persisted.SYSCTLS)
            .hasSize(1 + 11 + 1 + 2);
        for (int i = 0; i < steps.size(); i++) {
            FixtureMachine machine = machine("apply" + i);
            Map<String, String> before = machine.sysctls();
            Consumer<String> stop = stopAt(i);
            assertThat(catchThrowable(() -> apply(machine, MILLION, stop)))
                .isInstanceOf(Stop.class);
            assertThat(revert(machine, step -> { }).isComplete()).isTrue();
            isAsBefore(machine, before, "revert after a stop at " + steps.get(i));
        }
    }

    @Test
    void anApplyThatEndedMayBeDoneAgain() {
        FixtureMachine all = machine("all");
        List<String> steps = steps(each -> apply(all, MILLION, each));
        for (int i = 0; i < steps.size(); i++) {
            FixtureMachine machine = machine("again" + i);
            Map<String, String> before = machine.sysctls();
            Consumer<String> stop = stopAt(i);
            catchThrowable(() -> apply(machine, MILLION, stop));
            apply(machine, MILLION, step -> { });
            assertThat(machine.sysctls()).isEqualTo(all.sysctls());
            assertThat(Persisted.read(machine.host, Persisted.SYSCTLS)).isPresent()
                .isEqualTo(Persisted.read(all.host, Persisted.SYSCTLS));
            assertThat(revert(machine, step -> { }).isComplete()).isTrue();
            isAsBefore(machine, before, "after " + steps.get(i) + " and again");
        }
    }

    /** Of two profiles, one after the other, the second stops: either's values may be there. */
    @Test
    void aSecondProfileMayEndAtAnyStep() {
        Profile load = Profiles.load("load");
        FixtureMachine all = machine("all");
        apply(all, Profiles.load("100k"), step -> { });
        List<String> steps = steps(each -> apply(all, load, each));
        assertThat(steps).hasSizeGreaterThan(4);
        for (int i = 0; i < steps.size(); i++) {
            FixtureMachine machine = machine("second" + i);
            Map<String, String> before = machine.sysctls();
            apply(machine, Profiles.load("100k"), step -> { });
            Consumer<String> stop = stopAt(i);
            assertThat(catchThrowable(() -> apply(machine, load, stop)))
                .isInstanceOf(Stop.class);
            assertThat(revert(machine, step -> { }).isComplete()).isTrue();
            isAsBefore(machine, before, "second profile stopped at " + steps.get(i));
        }
    }

    @Test
    void revertMayEndAtAnyStep() {
        FixtureMachine all = machine("all");
        apply(all, MILLION, step -> { });
        List<String> steps = steps(each -> revert(all, each));
        assertThat(steps).hasSize(11 + 2 + 1).endsWith("state");
        for (int i = 0; i < steps.size(); i++) {
            FixtureMachine machine = machine("revert" + i);
            Map<String, String> before = machine.sysctls();
            apply(machine, MILLION, step -> { });
            Consumer<String> stop = stopAt(i);
            assertThat(catchThrowable(() -> revert(machine, stop))).isInstanceOf(Stop.class);
            assertThat(revert(machine, step -> { }).isComplete()).isTrue();
            isAsBefore(machine, before, "a second revert after a stop at " + steps.get(i));
        }
    }

    /** The process really ends: no finally, no shutdown hook. */
    @ParameterizedTest
    @ValueSource(strings = {"state", "net.ipv4.tcp_mem", Persisted.SYSCTLS})
    void aKilledProcessLeavesEnoughBehind(String step) throws IOException, InterruptedException {
        FixtureMachine machine = machine("killed");
        Map<String, String> before = machine.sysctls();
        Process process = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin",
                "java").toString(), "-XX:TieredStopAtLevel=1", "-cp",
            System.getProperty("java.class.path"), Killed.class.getName(),
            machine.root.toString(), step).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes());
        assertThat(process.waitFor()).as(said).isEqualTo(KILLED);
        assertThat(machine.has("var/lib/mooring-tune/tune.state")).isTrue();
        if (!step.equals("state")) {
            assertThat(machine.sysctls()).isNotEqualTo(before);
        }
        assertThat(revert(machine, each -> { }).isComplete()).isTrue();
        isAsBefore(machine, before, "killed at " + step);
    }

    /** Applies and is gone at a step. */
    static final class Killed {
        private Killed() {
        }

        public static void main(String[] args) {
            Host host = new Host(Path.of(args[0]), FixtureMachine.PAGE_BYTES);
            new Tuner(host, host.root().resolve("var/lib/mooring-tune/tune.state"), step -> {
                if (step.equals(args[1])) {
                    Runtime.getRuntime().halt(KILLED);
                }
            }).apply(MILLION, true, false);
        }
    }
}
