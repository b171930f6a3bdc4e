package io.mooring.bench.zerocopy;

import io.mooring.bench.BenchException;
import io.mooring.bench.Place;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Two network namespaces joined by a veth pair, for as long as this is open; a JVM that is ended by
 * a signal removes them too. What each end receives is handled on a core of its own (RPS), as it
 * would be on two machines.
 */
final class Namespaces implements AutoCloseable {
    static final String SINK_ADDRESS = "10.213.97.2";
    private static final String SENDER_ADDRESS = "10.213.97.1";

    private final String sender = "mooring-zc-a-" + ProcessHandle.current().pid();
    private final String sink = "mooring-zc-b-" + ProcessHandle.current().pid();
    private final Thread remover = new Thread(this::remove);

    /** Needs root. */
    Namespaces() {
        Runtime.getRuntime().addShutdownHook(remover);
        try {
            must("ip", "netns", "add", sender);
            must("ip", "netns", "add", sink);
            must("ip", "link", "add", "veth0", "netns", sender, "type", "veth", "peer", "name",
                    "veth0", "netns", sink);
            end(sender, SENDER_ADDRESS, 0);
            end(sink, SINK_ADDRESS, 1);
        } catch (BenchException e) {
            close();
            throw e;
        }
    }

    private void end(String namespace, String address, int core) {
        must("ip", "-n", namespace, "addr", "add", address + "/30", "dev", "veth0");
        must("ip", "-n", namespace, "link", "set", "lo", "up");
        must("ip", "-n", namespace, "link", "set", "veth0", "up");
        must("ip", "netns", "exec", namespace, "sh", "-c", "echo " + Integer.toHexString(1 << core)
                + " > /sys/class/net/veth0/queues/rx-0/rps_cpus");
    }

    Place sender() {
        return () -> List.of("ip", "netns", "exec", sender);
    }

    Place sink() {
        return () -> List.of("ip", "netns", "exec", sink);
    }

    private static void must(String... command) {
        String said = run(command);
        if (said != null) {
            throw new BenchException("network namespaces need root (CAP_SYS_ADMIN, CAP_NET_ADMIN)"
                    + " and CONFIG_VETH; '" + String.join(" ", command) + "' says: "
                    + said.strip().replace('\n', ' ')
                    + ". To measure over an interface that there is: --sink there, --to here");
        }
    }

    /** Null if it went well, or what it said. */
    private static String run(String... command) {
        try {
            Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
            String said = new String(process.getInputStream().readAllBytes(),
                    StandardCharsets.UTF_8);
            return process.waitFor() == 0 ? null : said;
        } catch (IOException e) {
            return e.getMessage() + " (apt-get install iproute2)";
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return "interrupted";
        }
    }

    private void remove() {
        run("ip", "netns", "del", sender);
        run("ip", "netns", "del", sink);
    }

    @Override
    public void close() {
        remove();
        try {
            Runtime.getRuntime().removeShutdownHook(remover);
        } catch (IllegalStateException e) {
            // The JVM is going down already, and the hook finds nothing.
        }
    }
}
