package io.mooring.bench;

import java.io.IOException;
import java.util.concurrent.TimeUnit;

/** Makes a JVM's resident memory tell what it needs, not what it has not yet collected. */
final class JvmMemory {

    /**
     * For peers, as favourable as what mooring's launcher sets for itself: a young generation that
     * is resident from the start, so that it has no slope, and an old one that starts at next to
     * nothing and after a full collection is as large as what lives there.
     */
    static final String FLAGS = "-Xms18m -Xmn16m -XX:+AlwaysPreTouch -XX:MinHeapFreeRatio=5"
            + " -XX:MaxHeapFreeRatio=10 -XX:-ShrinkHeapInSteps";

    private static final int COLLECT_SECONDS_MAX = 60;

    private JvmMemory() {
    }

    /** A full collection, by jcmd, where the server is a JVM; else nothing. */
    static void collect(ServerProcess server) {
        boolean jvm = ProcessHandle.of(server.pid()).flatMap(handle -> handle.info().command())
                .filter(command -> command.endsWith("/java")).isPresent();
        if (!jvm) {
            return;
        }
        try {
            Process jcmd = new ProcessBuilder(Home.jdkTool("jcmd"),
                    String.valueOf(server.pid()), "GC.run")
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
            if (!jcmd.waitFor(COLLECT_SECONDS_MAX, TimeUnit.SECONDS) || jcmd.exitValue() != 0) {
                throw new BenchException("jcmd could not collect " + server.name());
            }
        } catch (IOException e) {
            throw new BenchException("jcmd does not run (a JDK is needed): " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BenchException("interrupted");
        }
    }
}
