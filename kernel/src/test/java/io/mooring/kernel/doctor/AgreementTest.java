package io.mooring.kernel.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import io.mooring.epoll.EngineChoice;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * Doctor and {@code serve --plan}: what the server would refuse to start for fails here, by a check
 * of ours and not by its line alone; what it would warn of is no pass.
 */
class AgreementTest {
    private static final Map<String, UnaryOperator<GoodHost>> MACHINES = Map.of(
        "good", h -> h,
        "some memory", h -> h.memory(16_384, 3_000),
        "no memory", h -> h.memory(16_384, 200),
        "small group", h -> h.cgroup2("1073741824"),
        "tiny group", h -> h.cgroup2("62914560"),
        "few files", h -> h.limits("500", "0"),
        "few of the machine", h -> h.sysctl("fs/file-max", "30000"),
        "few mappings", h -> h.sysctl("vm/max_map_count", "900"),
        "never overcommit", h -> h.sysctl("vm/overcommit_memory", "2"),
        "few watches", h -> h.sysctl("fs/epoll/max_user_watches", "999"));

    @TempDir
    private Path directory;

    @TestFactory
    Stream<DynamicTest> asTheServerSays() {
        return MACHINES.keySet().stream().flatMap(name -> Stream.of(EngineChoice.values())
            .flatMap(engine -> Stream.of(1_000, 100_000, 1_000_000).map(connections ->
                DynamicTest.dynamicTest(name + ", " + engine + ", " + connections, () ->
                    agree(name, new Wanted(connections, engine, false))))));
    }

    private void agree(String name, Wanted wanted) {
        GoodHost host = MACHINES.get(name).apply(new GoodHost(directory.resolve(
            name + wanted.engine() + wanted.connections())));
        Diagnosis diagnosis = Diagnosis.of(Host.at(host.root()), wanted);
        assertThat(diagnosis.results()).extracting(one -> one.subject().name())
            .doesNotContain("serve");
        each(diagnosis.needs().refusals(), diagnosis, List.of("fail"));
        each(diagnosis.needs().warnings(), diagnosis, List.of("warn", "fail"));
        if (diagnosis.fits()) {
            assertThat(diagnosis.needs().refusals()).isEmpty();
        }
    }

    private static void each(List<String> lines, Diagnosis diagnosis, List<String> states) {
        for (String line : lines) {
            String planned = line.substring(0, line.indexOf(':'));
            assertThat(diagnosis.results()).as(line).filteredOn(
                one -> Diagnosis.isOf(one, planned)).singleElement()
                .satisfies(one -> assertThat(states).contains(one.state()));
        }
    }
}
