package io.mooring.sys;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class KernelFeaturesTest {
    private static final Path DISABLED = Path.of("/proc/sys/kernel/io_uring_disabled");

    @ParameterizedTest
    @CsvSource({"6.13,true", "6.13.0-rc1,true", "6.18.44-fc-v782,true", "7.0.1,true",
        "6.12.117+deb13-arm64-16k,false", "6.1.0-9-amd64,false", "5.19,false", "strange,false",
        "'',false"})
    void readsTheVersion(String release, boolean closesAtOnce) {
        assertThat(new KernelFeatures(release, 0, false, false).closesAtOnce())
            .isEqualTo(closesAtOnce);
    }

    @Test
    void thisKernel() {
        KernelFeatures features = probe();
        int always = Abi.SETUP_CQSIZE | Abi.SETUP_SUBMIT_ALL | Abi.SETUP_SINGLE_ISSUER
            | Abi.SETUP_DEFER_TASKRUN | Abi.SETUP_TASKRUN_FLAG;
        assertThat(features.setupFlags())
            .isEqualTo(always | (features.noSqArray() ? Abi.SETUP_NO_SQARRAY : 0));
        assertThat(features.release()).isEqualTo(System.getProperty("os.version"));
        assertThat(features.toString()).contains(features.release()).doesNotContain("\n")
            .contains(features.noSqArray() ? "no SQ array (6.6)" : "no NO_SQARRAY before 6.6");
        assertThat(features.toString().contains("registered ring"))
            .isEqualTo(features.registeredRing());
        assertThat(KernelFeatures.probe()).isEqualTo(features);
    }

    /** Not even a registered ring: a thread may have 16, and the 17th probe would find none. */
    @Test
    void leavesNothingOpen() throws IOException {
        KernelFeatures features = probe();
        int before = Descriptors.count(Descriptors.RING);
        for (int i = 0; i < 20; i++) {
            assertThat(KernelFeatures.probe()).isEqualTo(features);
        }
        assertThat(Descriptors.count(Descriptors.RING)).isEqualTo(before);
    }

    /** Each errno of io_uring_setup, as a container's seccomp filter would answer. */
    @ParameterizedTest
    @CsvSource({
        "38, CONFIG_IO_URING, seccomp, 6.1",
        "22, too old, Mooring needs 6.1, deferred task work",
        "12, RLIMIT_MEMLOCK, ulimit -l, LimitMEMLOCK=",
        "24, RLIMIT_NOFILE, ulimit -n, LimitNOFILE=",
        "23, file table is full, sysctl -w, fs.file-max",
        "19, io_uring_setup failed, '(19)', ''"
    })
    void saysWhatBlocksSetup(int errno, String first, String second, String third)
        throws Exception {
        SetupException refused = probeRefused(Abi.SYS_IO_URING_SETUP, errno);
        assertThat(refused.errno()).isEqualTo(errno);
        assertThat(refused.getMessage()).contains(first, second, third).doesNotContain("\n");
    }

    @ParameterizedTest
    @CsvSource({
        "2, is disabled on this system: sysctl -w kernel.io_uring_disabled=0",
        "1, kernel.io_uring_group",
        "0, 'let the profile allow io_uring_setup, io_uring_enter and io_uring_register'"
    })
    void saysWhoForbidsIt(String disabled, String fix) {
        assertThat(KernelFeatures.whyForbidden(disabled)).contains(fix).doesNotContain("\n");
    }

    @ParameterizedTest
    @ValueSource(ints = {Errno.EPERM, Errno.EACCES})
    void saysThatItIsForbidden(int errno) throws Exception {
        SetupException refused = probeRefused(Abi.SYS_IO_URING_SETUP, errno);
        assertThat(refused.errno()).isEqualTo(errno);
        String value = Files.exists(DISABLED) ? Files.readString(DISABLED).strip() : "0";
        assertThat(refused.getMessage()).isEqualTo(KernelFeatures.whyForbidden(value));
    }

    @Test
    void saysThatRegisterIsRefused() throws Exception {
        probe();
        int before = Descriptors.count(Descriptors.RING);
        SetupException refused = probeRefused(Abi.SYS_IO_URING_REGISTER, Errno.EPERM);
        assertThat(refused.errno()).isEqualTo(Errno.EPERM);
        assertThat(refused.getMessage())
            .contains("io_uring_register is refused", "seccomp", Errno.text(Errno.EPERM));
        assertThat(Descriptors.count(Descriptors.RING)).isEqualTo(before);
    }

    /** An older kernel: the ring's descriptor cannot be registered. All else is as before. */
    @Test
    void doesWithoutARegisteredRing() throws Exception {
        KernelFeatures here = probe();
        KernelFeatures features = Seccomp.refusing(Abi.SYS_IO_URING_REGISTER, 1,
            Abi.REGISTER_RING_FDS, Errno.EINVAL, KernelFeatures::probe);
        assertThat(features).isEqualTo(new KernelFeatures(here.release(), here.setupFlags(),
            here.noSqArray(), false));
        assertThat(features.toString()).doesNotContain("registered ring");
    }

    private static SetupException probeRefused(int call, int errno) throws Exception {
        return Seccomp.refusing(call, errno, () ->
            catchThrowableOfType(SetupException.class, KernelFeatures::probe));
    }

    private static KernelFeatures probe() {
        try {
            return KernelFeatures.probe();
        } catch (SetupException e) {
            return abort("no io_uring here: " + e.getMessage());
        }
    }
}
