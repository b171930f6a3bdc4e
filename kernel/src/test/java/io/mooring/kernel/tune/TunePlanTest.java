package io.mooring.kernel.tune;

import static org.assertj.core.api.Assertions.assertThat;

import io.mooring.kernel.tune.TunePlan.Line;
import io.mooring.kernel.tune.TunePlan.Status;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TunePlanTest {

    @TempDir
    Path root;

    private FixtureMachine machine;

    @BeforeEach
    void setUp() {
        machine = new FixtureMachine(root);
    }

    private Line line(String profile, String key) {
        return TunePlan.of(Profiles.load(profile), machine.host,
            Tuner.state(machine.host, machine.state), false).lines().stream()
            .filter(line -> line.setting().key().equals(key)).findFirst().orElseThrow();
    }

    private void expect(String profile, String key, Status status, String target) {
        Line line = line(profile, key);
        assertThat(line.status()).as(key).isEqualTo(status);
        assertThat(line.target()).as(key).isEqualTo(target);
    }

    @Test
    void aStockPi5() {
        expect("million", "fs.file-max", Status.CHANGE, "2200000");
        expect("million", "fs.nr_open", Status.OK, "1048576");
        expect("million", "net.ipv4.tcp_mem", Status.CHANGE, "135390 180520 225650");
        expect("million", "net.ipv4.tcp_wmem", Status.CHANGE, "16384 16384 1048576");
        expect("million", "net.ipv4.tcp_notsent_lowat", Status.CHANGE, "131072");
        expect("million", "kernel.io_uring_disabled", Status.OK, "0");
        expect("load", "net.ipv4.ip_local_port_range", Status.CHANGE, "10240 65535");
        expect("load", "net.ipv4.tcp_tw_reuse", Status.CHANGE, "1");
        expect("100k", "fs.file-max", Status.OK, "815411");
    }

    @Test
    void whatIsBetterAlreadyStays() {
        machine.sysctl("net.core.somaxconn", "70000");
        machine.sysctl("net.ipv4.tcp_fin_timeout", "5");
        machine.sysctl("net.ipv4.tcp_mem", "1 99999999 2");
        machine.sysctl("net.ipv4.ip_local_port_range", "1024 60999");
        expect("million", "net.core.somaxconn", Status.OK, "70000");
        expect("million", "net.ipv4.tcp_fin_timeout", Status.OK, "5");
        expect("million", "net.ipv4.tcp_mem", Status.CHANGE, "135390 99999999 225650");
        expect("load", "net.ipv4.ip_local_port_range", Status.CHANGE, "1024 65535");
    }

    @Test
    void theMachinesMemoryCounts() {
        machine.put("proc/meminfo", "MemTotal:        4000000 kB\n");
        // A million do not fit: nothing is left for TCP, so what it has stays.
        expect("million", "net.ipv4.tcp_mem", Status.OK, "24024 32032 48048");
        expect("100k", "net.ipv4.tcp_mem", Status.CHANGE, "75000 100000 125000");
    }

    @Test
    void whatIsNotThereIsToldWithItsReason() {
        Line line = line("million", "net.netfilter.nf_conntrack_max");
        assertThat(line.status()).isEqualTo(Status.ABSENT);
        assertThat(line.note()).contains("nf_conntrack");
        machine.remove("kernel.io_uring_disabled");
        assertThat(line("million", "kernel.io_uring_disabled").note()).contains("Linux 6.6");
        machine.remove("fs.nr_open");
        assertThat(line("million", "fs.nr_open").note()).contains("this kernel has no");
        machine.remove("net.core.netdev_max_backlog");
        assertThat(line("million", "net.core.netdev_max_backlog").note())
            .contains("initial network namespace");
    }

    @Test
    void whatMayNotBeWrittenIsToldWithItsReason() {
        machine.put("proc/self/mounts", "proc /proc proc rw 0 0\n"
            + "proc /proc/sys proc ro,nosuid 0 0\n"
            + "proc /proc/sys/net proc rw 0 0\n");
        assertThat(line("million", "fs.file-max")).satisfies(line -> {
            assertThat(line.status()).isEqualTo(Status.LOCKED);
            assertThat(line.note()).contains("read-only", "container");
        });
        expect("million", "net.core.somaxconn", Status.CHANGE, "65535");
        assertThat(line("million", "fs.nr_open").status()).isEqualTo(Status.OK);
        machine.put("proc/self/status", "Uid:\t1000\t1000\t1000\t1000\n");
        assertThat(line("million", "net.core.somaxconn")).satisfies(line -> {
            assertThat(line.status()).isEqualTo(Status.LOCKED);
            assertThat(line.note()).contains("only root");
        });
    }

    @Test
    void aValueOfAnotherShapeIsLeftAlone() {
        machine.sysctl("net.ipv4.tcp_mem", "7");
        assertThat(line("million", "net.ipv4.tcp_mem").status()).isEqualTo(Status.LOCKED);
        machine.sysctl("net.core.somaxconn", "many");
        assertThat(line("million", "net.core.somaxconn").status()).isEqualTo(Status.LOCKED);
    }
}
