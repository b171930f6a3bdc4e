package io.mooring.bench;

import java.io.IOException;
import java.util.concurrent.TimeUnit;

/** Makes a JVM's resident memory tell what it needs, not what it has not yet collected. */
public final class JvmMemory {

    /**
     * For peers, as favourable as what mooring's launcher sets for itself: a young generation that
     * is resident from the start, so that it has no slope, and an old one that starts at next to
     * nothing and after a full collection is as large as what lives there.
     */
    public static final String FLAGS = "-Xms18m -Xmn16m -XX:+AlwaysPreTouch -XX:MinHeapFreeRatio=5"
            + " -XX:MaxHeapFreeRatio=10 -XX:-ShrinkHeapInSteps";

    private static final int JCMD_SECONDS_MAX = 60;
    /** What a JVM has to compile after a collection is done by then. */
    public static final int COMPILE_MS = 5_000;
    private static final int POLL_MS = 250;
    private static final int STEADY_READINGS = 8;
    /** Where nobody waits for the compilers the figure is a rough one anyway. */
    private static final int STEADY_READINGS_ROUGH = 4;
    private static final int SETTLE_MS_MAX = 15_000;
    private static final int STEADY_KIB = 64;

    private JvmMemory() {
    }

    /**
     * Where the server is a JVM: a full collection, time for what it had to compile, then the C
     * heap's free pages back to the kernel (a compilation leaves 20 MB of them), by jcmd; at last,
     * of any server, what is resident once that stands still.
     */
    public static Proc.Memory settle(ServerProcess server, boolean collect, int compileMs) {
        if (collect && isJvm(server)) {
            jcmd(server, "GC.run");
            Sleep.millis(compileMs);
            trim(server);
        }
        int readings = compileMs > 0 ? STEADY_READINGS : STEADY_READINGS_ROUGH;
        long reference = Long.MIN_VALUE;
        int steady = 0;
        for (int waitedMs = 0; steady < readings && waitedMs < SETTLE_MS_MAX;
                waitedMs += POLL_MS) {
            Sleep.millis(POLL_MS);
            long rssKib = Proc.memory(server.pid()).rssKib();
            steady = Math.abs(rssKib - reference) <= STEADY_KIB ? steady + 1 : 0;
            reference = steady == 0 ? rssKib : reference;
        }
        return Proc.memory(server.pid());
    }

    /**
     * The C heap's free pages back to the kernel, now: what mooring's launcher has its JVM do every
     * ten seconds, so that a compilation just over is not taken for connections.
     */
    public static void trim(ServerProcess server) {
        jcmd(server, "System.trim_native_heap");
    }

    private static boolean isJvm(ServerProcess server) {
        return ProcessHandle.of(server.pid()).flatMap(handle -> handle.info().command())
                .filter(command -> command.endsWith("/java")).isPresent();
    }

    private static void jcmd(ServerProcess server, String command) {
        try {
            Process jcmd = new ProcessBuilder(Home.jdkTool("jcmd"),
                    String.valueOf(server.pid()), command)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
            if (!jcmd.waitFor(JCMD_SECONDS_MAX, TimeUnit.SECONDS) || jcmd.exitValue() != 0) {
                throw new BenchException("jcmd " + command + " failed for " + server.name());
            }
        } catch (IOException e) {
            throw new BenchException("jcmd does not run (a JDK is needed): " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BenchException("interrupted");
        }
    }
}
