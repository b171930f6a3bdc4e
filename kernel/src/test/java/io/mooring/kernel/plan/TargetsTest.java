package io.mooring.kernel.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.data.Percentage.withPercentage;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is known of a machine, and how. */
class TargetsTest {

    @TempDir
    private Path directory;

    @Test
    void thisMachineSpeaksForItself() {
        Machines machine = new Machines(directory, 4096)
                .write("proc/net/route", "Iface\tDestination\tGateway\n"
                        + "eth1\t000200C0\t00000000\neth0\t00000000\t010200C0\n")
                .write("sys/class/net/eth0/speed", "2500\n");
        Target here = machine.here();
        assertThat(here.isHere()).isTrue();
        assertThat(here.ram().value()).isEqualTo(16 * Machines.GIB);
        assertThat(here.taken().value()).isEqualTo(8 * Machines.GIB);
        assertThat(here.link()).isEqualTo(Known.measured(2_500_000_000L,
                "/sys/class/net/eth0/speed"));
        assertThat(here.tcpPressure().value()).isEqualTo(20_000 * 4096);
        assertThat(here.sendBufferMax().value()).isEqualTo(2 << 20);
        assertThat(here.openFiles().value()).isEqualTo(20_000);
        assertThat(here.filesFree().value()).isEqualTo(499_000);
        assertThat(here.kernel()).hasToString("6.18");
        assertThat(here.sizes().basis()).isEqualTo(Basis.MEASURED);
    }

    /** A virtual device says -1; and there may be no route at all. */
    @Test
    void aLinkThatDoesNotTellIsNotGuessed() {
        Machines machine = new Machines(directory, 4096);
        assertThat(machine.here().link().value()).isZero();
        assertThat(machine.here().link().source()).contains("no default route", "--link");
        machine.write("proc/net/route", "Iface\tDestination\neth0\t00000000\n")
                .write("sys/class/net/eth0/speed", "-1\n");
        assertThat(machine.here().link().value()).isZero();
        assertThat(machine.here().link().source()).contains("eth0 does not tell");
    }

    /** A recorded Pi 5 (emulated): MemTotal 8,236,256 KiB, 32,032 pages, 815,411 files. */
    @Test
    void aPiIsLikeTheRecordedOne() {
        Target pi = new Machines(directory, 4096).pi();
        assertThat(pi.isHere()).isFalse();
        assertThat(pi.kernel()).hasToString("6.12");
        assertThat(pi.reactors()).isEqualTo(4);
        assertThat(pi.limits().totalBytes()).isCloseTo(8_236_256L * 1024, withPercentage(0.1));
        assertThat(pi.tcpPressure().value()).isCloseTo(32_032L * 16_384, withPercentage(1));
        assertThat(pi.filesFree().value()).isCloseTo(815_411L, withPercentage(1));
        assertThat(pi.sizes().basis()).isEqualTo(Basis.MEASURED);
        assertThat(pi.sizes().source()).contains("emulated Pi 5");
    }

    @Test
    void whatNobodyMeasuredIsAssumed() {
        Machines machine = new Machines(directory, 4096);
        Target other = machine.target(new Targets.Told(Machines.GIB, 65_536, null, null, 8, 5L));
        assertThat(other.sizes().basis()).isEqualTo(Basis.ASSUMED);
        assertThat(other.sizes().errorShare()).isEqualTo(0.1);
        assertThat(other.cores()).isEqualTo(Known.given(8, "--cores"));
        assertThat(other.openFiles()).isEqualTo(Known.given(5, "--nofile"));
        Target old = machine.target(new Targets.Told(null, 16_384, new KernelVersion(6, 1), null,
                null, null));
        assertThat(old.sizes().source()).contains("not measured on 6.1");
        assertThat(old.sizes().basis()).isEqualTo(Basis.ASSUMED);
    }

    @Test
    void kernels() {
        assertThat(KernelVersion.parse("6.12.117+deb13-arm64-16k"))
                .isEqualTo(new KernelVersion(6, 12));
        assertThat(new KernelVersion(6, 12).hasRingNodes()).isFalse();
        assertThat(new KernelVersion(6, 13).hasRingNodes()).isTrue();
        assertThat(new KernelVersion(7, 0).isAtLeast(6, 13)).isTrue();
        assertThatThrownBy(() -> KernelVersion.parse("12")).hasMessageContaining("6.12");
    }
}
