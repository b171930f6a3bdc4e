package io.mooring.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class ProcTest {

    @Test
    void statOfANameWithBlanksAndParentheses() {
        Proc.Cpu cpu = Proc.parseStat("4711 (a) (b c)) S 1 4711 4711 0 -1 4194560 900 0 0 0 "
                + "123 45 7 8 20 0 3 0 1000 8884812 199452 18446744073709551615");
        assertThat(cpu).isEqualTo(new Proc.Cpu(4711, "a) (b c)", 123, 45));
        assertThat(cpu.seconds()).isEqualTo(1.68);
    }

    @Test
    void statThatIsNoneIsRefused() {
        assertThatThrownBy(() -> Proc.parseStat("cpu 1 2 3"))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void busySecondsLeaveOutIdleIowaitAndGuest() {
        String stat = "cpu  100 20 300 9999 8888 4 5 6 777 0\ncpu0 1 1 1 1 1 1 1 1 1 0\n";
        assertThat(Proc.busySeconds(stat)).isEqualTo(4.35);
    }

    @Test
    void kibOfALine() {
        String status = "Name:\tx\nVmHWM:\t  99 kB\nVmRSS:\t    1234 kB\nThreads:\t3\n";
        assertThat(Proc.kib(status, "VmRSS")).isEqualTo(1234);
        assertThat(Proc.kib(status, "VmSwap")).isZero();
    }

    @Test
    void theHardLimitOfOpenFiles() {
        String limits = """
                Limit                     Soft Limit           Hard Limit           Units
                Max open files            1024                 %s               files
                """;
        assertThat(Proc.parseFilesMax(limits.formatted("524288"))).isEqualTo(524_288);
        assertThat(Proc.parseFilesMax(limits.formatted("unlimited"))).isEqualTo(Long.MAX_VALUE);
        assertThat(Proc.filesMax()).isPositive();
    }

    @Test
    void thisProcessHasFigures() {
        long pid = ProcessHandle.current().pid();
        assertThat(Proc.cpu(pid).id()).isEqualTo(pid);
        List<Proc.Cpu> threads = Proc.threads(pid);
        assertThat(threads).extracting(Proc.Cpu::id).contains(pid);
        Proc.Memory memory = Proc.memory(pid);
        assertThat(memory.rssKib()).isPositive();
        assertThat(memory.pssKib()).isPositive();
        assertThat(Proc.pageBytes()).isIn(4096, 16384, 65536);
    }

    @Test
    void aProcessThatIsGoneIsSaidClearly() {
        assertThatThrownBy(() -> Proc.cpu(Integer.MAX_VALUE))
                .isInstanceOf(BenchException.class).hasMessageContaining("/stat");
    }
}
