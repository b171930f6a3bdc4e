package io.mooring.kernel.doctor;

import static io.mooring.kernel.doctor.GoodHost.WANTED;
import static org.assertj.core.api.Assertions.assertThat;

import io.mooring.epoll.EngineChoice;
import java.net.URISyntaxException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** The files of an emulated Pi 5 with 8 GB, as Debian's kernel had them: nothing was tuned. */
class RecordedPiTest {
    private static Diagnosis diagnosis(String state, Wanted wanted) throws URISyntaxException {
        return Diagnosis.of(Host.at(Path.of(
            RecordedPiTest.class.getResource("/doctor/pi5-16k/" + state).toURI())), wanted);
    }

    @Test
    void aMillionNeedsTwoSettings() throws URISyntaxException {
        Diagnosis diagnosis = diagnosis("base", WANTED);
        assertThat(diagnosis.machine()).isEqualTo("Linux 6.12.117+deb13-arm64-16k, pages of "
            + "16 KiB, 2 processors, 7.9 GiB of memory");
        assertThat(diagnosis.names(Result.Fail.class::isInstance)).isEqualTo("fs.file-max");
        assertThat(diagnosis.names(Result.Warn.class::isInstance)).isEqualTo("net.ipv4.tcp_mem");
        assertThat(GoodHost.named(diagnosis, "net.ipv4.tcp_mem")).isInstanceOfSatisfying(
            Result.Warn.class, warn -> {
                assertThat(warn.subject().read()).contains("pressure from 500 MiB on: 32,032");
                assertThat(warn.fix()).endsWith("net.ipv4.tcp_mem='135390 180520 225650'");
            });
        assertThat(GoodHost.named(diagnosis, "memory").state()).isEqualTo("pass");
        assertThat(GoodHost.named(diagnosis, "control group").subject().read())
            .contains("as Raspberry Pi OS has it");
        assertThat(diagnosis.verdict()).isEqualTo("1,000,000 connections do not fit: fs.file-max; "
            + "as it is, 815,315 do (by recorded files: nothing was tried)");
    }

    @Test
    void aHundredThousandNeedNone() throws URISyntaxException {
        Diagnosis diagnosis = diagnosis("base", new Wanted(100_000, EngineChoice.AUTO, false));
        assertThat(diagnosis.fits()).isTrue();
        assertThat(diagnosis.names(Result.Warn.class::isInstance)).isEqualTo("net.ipv4.tcp_mem");
    }

    /** 34 bytes each, and a page of 16 KiB charged. */
    @Test
    void fiveThousandReceiversBehind() throws URISyntaxException {
        Diagnosis diagnosis = diagnosis("held5000-epoll-34B-unread", WANTED);
        assertThat(GoodHost.named(diagnosis, "net.ipv4.tcp_mem").subject().read())
            .startsWith("78 MiB used");
    }
}
