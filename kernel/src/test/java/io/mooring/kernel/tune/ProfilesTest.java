package io.mooring.kernel.tune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The files of kernel/sysctl.d and kernel/limits.d, as they are and as the jar has them. */
class ProfilesTest {

    private static final Path SYSCTLS = Path.of("sysctl.d");
    private static final Ram PI5 = new Ram(8_236_256L << 10, 16384);

    static List<String> names() {
        return Profiles.NAMES;
    }

    @Test
    void everyFileIsAProfileByItsName() throws IOException {
        try (Stream<Path> files = Files.list(SYSCTLS)) {
            assertThat(files.map(file -> file.getFileName().toString()))
                .containsExactlyInAnyOrderElementsOf(Profiles.NAMES.stream()
                    .map(name -> "90-mooring-" + name + ".conf").toList());
        }
        for (String name : Profiles.NAMES) {
            assertThat(Profiles.load(name).name()).isEqualTo(name);
        }
    }

    @Test
    void theJarHasTheFilesOfTheSource() throws IOException {
        assertThat(Profiles.limitsText()).isEqualTo(Files.readString(Path.of(Profiles.LIMITS)));
        for (String name : Profiles.NAMES) {
            String file = "./sysctl.d/90-mooring-" + name + ".conf";
            assertThat(Profiles.load(name)).isEqualTo(Profiles.load(file));
        }
    }

    @ParameterizedTest
    @MethodSource("names")
    void linesFitAPage(String name) throws IOException {
        assertThat(Files.readAllLines(SYSCTLS.resolve("90-mooring-" + name + ".conf")))
            .allSatisfy(line -> assertThat(line.length()).isLessThanOrEqualTo(100));
    }

    /** What sysctl(8) reads in a file that is copied by hand is what we read in it. */
    @ParameterizedTest
    @MethodSource("names")
    void sysctlReadsTheSame(String name) throws IOException, InterruptedException {
        Process sysctl;
        try {
            sysctl = new ProcessBuilder("sysctl", "--dry-run",
                "--load=" + SYSCTLS.resolve("90-mooring-" + name + ".conf"))
                .redirectError(ProcessBuilder.Redirect.DISCARD).start();
        } catch (IOException e) {
            assumeTrue(false, "no sysctl(8) here: " + e.getMessage());
            return;
        }
        List<String> read = new String(sysctl.getInputStream().readAllBytes()).lines().toList();
        sysctl.waitFor();
        // One that knows no --dry-run says nothing on its standard output.
        assumeTrue(!read.isEmpty(), "a sysctl(8) without --dry-run");
        List<String> ours = Profiles.load(name).settings().stream()
            .map(one -> one.key() + " = " + Numbers.text(one.written())).toList();
        assertThat(ours).containsAll(read);
        // sysctl(8) leaves out what this kernel does not have.
        assertThat(read.size()).isGreaterThan(ours.size() / 2);
    }

    @Test
    void aMillionOnAPi5() {
        Profile million = Profiles.load("million");
        assertThat(setting(million, "net.ipv4.tcp_mem").wanted(PI5))
            .containsExactly(135_390L, 180_520L, 225_650L);
        assertThat(setting(million, "fs.file-max").written().getFirst()).isGreaterThan(2_000_000);
    }

    /** More would make the kernel kill instead of TCP refuse. */
    @Test
    void whatTcpMayTakeAndTheSocketsFitIntoMemory() {
        long max = setting(Profiles.load("million"), "net.ipv4.tcp_mem").wanted(PI5).getLast();
        assertThat(max * PI5.pageBytes() + 1_000_000L * 4200).isLessThan(PI5.memoryBytes());
    }

    @ParameterizedTest
    @MethodSource("names")
    void tcpMemoryRisesAndNeverFallsOnAnyMachine(String name) {
        Setting tcp = setting(Profiles.load(name), "net.ipv4.tcp_mem");
        for (long gib : new long[] {1, 2, 4, 8, 16, 64, 1024}) {
            for (long page : new long[] {4096, 16384, 65536}) {
                Ram ram = new Ram((gib << 30) * 97 / 100, page);
                List<Long> stock = List.of(ram.memoryBytes() / page / 22,
                    ram.memoryBytes() / page / 16, ram.memoryBytes() / page / 11);
                List<Long> target = tcp.target(ram, stock);
                assertThat(target).isSortedAccordingTo(Comparator.naturalOrder());
                for (int i = 0; i < 3; i++) {
                    assertThat(target.get(i)).isGreaterThanOrEqualTo(stock.get(i));
                }
                assertThat(target.getLast() * page).isLessThan(ram.memoryBytes());
            }
        }
    }

    /** PAM refuses a login whose limit the kernel refuses. */
    @ParameterizedTest
    @MethodSource("names")
    void nobodyIsLockedOutByTheLimits(String name) {
        long most = setting(Profiles.load(name), "fs.nr_open").written().getFirst();
        assertThat(Profiles.limits()).isNotEmpty().filteredOn(one -> one.item().equals("nofile"))
            .isNotEmpty().allSatisfy(one -> assertThat(one.value()).isLessThanOrEqualTo(most));
    }

    /** The kernel wants one end even and the other odd. */
    @Test
    void portsOfTheLoad() {
        List<Long> ports = setting(Profiles.load("load"), "net.ipv4.ip_local_port_range")
            .written();
        assertThat(ports.getFirst() % 2).isNotEqualTo(ports.getLast() % 2);
        assertThat(ports.getFirst()).isGreaterThan(9001);
    }

    @Test
    void anUnknownNameListsThoseThatAre() {
        assertThatThrownBy(() -> Profiles.load("billion"))
            .hasMessageContaining("million, 100k, load").hasMessageContaining("./billion");
        assertThatThrownBy(() -> Profiles.load("./not/there.conf"))
            .hasMessageContaining("not/there.conf");
    }

    private static Setting setting(Profile profile, String key) {
        return profile.settings().stream().filter(one -> one.key().equals(key)).findFirst()
            .orElseThrow();
    }
}
