package io.mooring.bench;

import static org.assertj.core.api.Assertions.assertThat;

import io.mooring.bench.matrix.PeerCommand;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code bench}: all scenarios with few connections, and wrong command lines. */
class MatrixEndToEndTest {

    private static final List<String> TINY = List.of("idle.low=50", "idle.high=150",
            "idle.cpu-seconds=1", "idle.settle-ms=0", "connect.connections=100", "connect.rate=500",
            "connect.cycles=1", "echo.connections=1,10", "echo.seconds=0.5", "echo.warmup=0.1",
            "echo-rate.rate=500", "echo-rate.connections=10", "echo-rate.seconds=0.5",
            "broadcast.connections=20", "broadcast.broadcasts=3", "broadcast.warmup=1",
            "broadcast.rate=20", "mixed.idle=50", "mixed.rate=500", "mixed.connections=10",
            "mixed.seconds=0.5");
    private static final List<String> ENGINES =
            List.of(EngineOptions.MOORING, EngineOptions.NETTY_EPOLL, "peer");

    private static MainRun run(Path folder, String... more) {
        List<String> args = new ArrayList<>(List.of(more));
        args.addAll(List.of("--quick", "--json", folder.resolve("b.json").toString(), "--report",
                folder.resolve("b.html").toString(), "--hgrm", folder.resolve("h").toString()));
        return MainRun.of(args.toArray(String[]::new));
    }

    /** How late one is sent, how busy a core and what others do is the machine's affair. */
    private static boolean isWeather(String fault) {
        return fault.matches(".*(late|saturated|disturbed|no echo).*");
    }

    @Test
    void allScenariosFromEndToEnd(@TempDir Path folder) throws IOException {
        MainRun.requireTools();
        List<String> args = new ArrayList<>(List.of("--rounds", "1", "--engines",
                EngineOptions.MOORING + "," + EngineOptions.NETTY_EPOLL, "--peer",
                "peer=" + PeerCommand.good()));
        TINY.forEach(setting -> args.addAll(List.of("--set", setting)));
        MainRun run = run(folder, args.toArray(String[]::new));
        Map<String, Object> json = Json.parseObject(Files.readString(folder.resolve("b.json")));
        List<String> missing = new ArrayList<>();
        List<Object> scenarios = new ArrayList<>((List<?>) json.get("scenarios"));
        assertThat(scenarios).hasSize(6);
        for (Object scenario : scenarios) {
            for (Object variant : (List<?>) Json.object(scenario).get("variants")) {
                for (Object engine : (List<?>) Json.object(variant).get("engines")) {
                    check(folder, Json.object(scenario).get("name") + "_"
                            + Json.object(variant).get("name"), Json.object(engine), missing);
                }
            }
        }
        assertThat(run.exit()).as(run.toString()).isEqualTo(missing.isEmpty() ? 0 : 1);
        for (Object engine : (List<?>) json.get("engines")) {
            assertThat(Json.object(engine)).containsEntry("refused", null);
            assertThat(ENGINES).contains(Json.object(engine).get("name").toString());
        }
        assertThat(Files.readString(folder.resolve("b.html"))).contains("3 engines, side by side")
                .contains("broadcast").contains("mixed");
    }

    private static void check(Path folder, String what, Map<String, Object> engine,
            List<String> missing) {
        for (Object fault : (List<?>) engine.get("faults")) {
            assertThat(isWeather(fault.toString())).as("%s, %s: %s", what, engine.get("engine"),
                    fault).isTrue();
        }
        boolean counts = engine.get("valid_rounds").equals(1L);
        assertThat(Json.object(engine.get("figures")).isEmpty()).as(what).isEqualTo(!counts);
        if (!counts) {
            missing.add(what);
        } else if (engine.containsKey("times_ns")) {
            String name = (what + "_" + engine.get("engine")).replaceAll("[^A-Za-z0-9._-]+", "-");
            assertThat(folder.resolve("h").resolve(name + ".hgrm")).isNotEmptyFile();
        }
    }

    @Test
    void aSaturatedClientIsMarkedInvalid(@TempDir Path folder) throws IOException {
        MainRun.requireTools();
        assertThat(run(folder, "echo-rate", "--engines", EngineOptions.C_LOOP, "--rounds", "1",
                "--rate", "5000000", "--size", "16384", "--connections", "10", "--seconds", "0.2",
                "--warmup", "0.1").exit()).isEqualTo(1);
        String json = Files.readString(folder.resolve("b.json"));
        assertThat(json).containsPattern("sent late|the client was saturated")
                .contains("\"valid_rounds\": 0");
        assertThat(Files.readString(folder.resolve("b.html"))).contains("rows are missing");
    }

    @Test
    void aPeerThatIsNotComparedDoesNotStopTheOthers(@TempDir Path folder) throws IOException {
        MainRun.requireTools();
        assertThat(run(folder, "--scenarios", "echo-rate", "--engines", EngineOptions.C_LOOP,
                "--peer", "liar=" + PeerCommand.wrong("contents"), "--rounds", "1", "--set",
                "echo-rate.rate=500", "--set", "echo-rate.seconds=0.3").exit()).isEqualTo(1);
        String json = Files.readString(folder.resolve("b.json"));
        assertThat(json).contains("\"refused\": \"refused: ").contains("other contents");
        assertThat(Files.readString(folder.resolve("b.html"))).contains("is not compared");
    }

    @Test
    void wrongCommandLinesExitWith2() {
        assertThat(Main.run("no-such-command")).isEqualTo(2);
        MainRun misplaced = MainRun.of("--realtime", "echo");
        assertThat(misplaced.exit()).isEqualTo(2);
        assertThat(misplaced.said()).contains("put --realtime behind 'echo'");
        assertThat(Main.run("--scenarios", "sleep")).isEqualTo(2);
        assertThat(Main.run("--engines", "no-such-engine")).isEqualTo(2);
        assertThat(Main.run("--rounds", "0")).isEqualTo(2);
        assertThat(Main.run("--peer", "x")).isEqualTo(2);
        assertThat(Main.run("--peer", "x=server without a port")).isEqualTo(2);
        assertThat(Main.run("--peer", "netty-epoll=server {port}")).isEqualTo(2);
        assertThat(Main.run("--set", "mixed.sound=loud")).isEqualTo(2);
        assertThat(Main.run("--set", "mixed.idle=many")).isEqualTo(2);
        assertThat(Main.run("--scenarios", "echo", "--set", "mixed.idle=5")).isEqualTo(2);
        assertThat(Main.run("echo-rate", "--rate", "many")).isEqualTo(2);
        assertThat(Main.run("echo-rate", "--size", "15")).isEqualTo(2);
        assertThat(Main.run("echo", "--connections", "1,0")).isEqualTo(2);
        assertThat(Main.run("idle", "--low", "10", "--high", "5")).isEqualTo(2);
        assertThat(Main.run("connect", "--pipeline", "1000")).isEqualTo(2);
        assertThat(Main.run("broadcast", "--size", "15")).isEqualTo(2);
        assertThat(Main.run("broadcast", "--broadcasts", "0")).isEqualTo(2);
        assertThat(Main.run("mixed", "--idle", "0")).isEqualTo(2);
    }
}
