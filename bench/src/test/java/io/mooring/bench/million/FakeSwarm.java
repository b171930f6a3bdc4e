package io.mooring.bench.million;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * Speaks the control protocol and opens nothing. What goes wrong is its first argument: {@code
 * good}, {@code refuses} (all above 300 with 503), {@code loses} one while it broadcasts, {@code
 * misses} one receiver, {@code dies} in the second growth, {@code hangs} there, {@code babbles}.
 */
final class FakeSwarm {

    private static final int ADMITTED_MAX = 300;

    private final String mode;
    private int connected;
    private int lost;
    private int growths;

    private FakeSwarm(String mode) {
        this.mode = mode;
    }

    public static void main(String[] args) throws IOException {
        new FakeSwarm(args[0]).run();
    }

    private void run() throws IOException {
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in,
                StandardCharsets.UTF_8));
        for (String line = in.readLine(); line != null && !line.equals("quit");
                line = in.readLine()) {
            String[] words = line.split(" ");
            switch (words[0]) {
                case "grow" -> grow(Integer.parseInt(words[1]));
                case "broadcast" -> broadcast(Integer.parseInt(words[1]));
                case "status" -> say("{\"event\":\"status\",\"connected\":%d,\"lost\":%d}",
                        connected - lost, lost);
                case "close" -> close();
                default -> say("{\"event\":\"error\",\"message\":\"no command %s\"}", words[0]);
            }
        }
    }

    private void grow(int target) throws IOException {
        growths++;
        if (growths == 3 && mode.equals("dies")) {
            System.err.println("no luck today");
            System.exit(7);
        }
        if (growths == 3 && mode.equals("hangs")) {
            System.in.skipNBytes(Long.MAX_VALUE); // until whoever waits for us gives up
        }
        if (growths == 3 && mode.equals("babbles")) {
            System.out.println("Exception in thread main");
        }
        say("{\"event\":\"progress\",\"connected\":%d,\"failed\":0,\"elapsed_ms\":1,\"target\":%d}",
                (connected + target) / 2, target);
        connected = target;
        int failed = 0;
        if (mode.equals("refuses") && target > ADMITTED_MAX) {
            failed = target - ADMITTED_MAX;
            connected = ADMITTED_MAX;
        }
        say("{\"event\":\"grown\",\"connected\":%d,\"failed\":{%s},\"failed_total\":%d,"
                + "\"lost\":0,\"elapsed_ms\":5}", connected,
                failed == 0 ? "" : "\"503\":" + failed, failed);
    }

    private void broadcast(int count) {
        lost = mode.equals("loses") && growths > 1 ? 1 : 0;
        int missing = mode.equals("misses") && growths > 1 ? 1 : 0;
        for (int i = 1; i <= count; i++) {
            say("{\"event\":\"broadcast\",\"number\":%d,\"receivers\":%d,\"received\":%d,"
                    + "\"missing\":%d,\"corrupt\":0,\"complete_ms\":%d.5,\"latency_ms\":{\"p50\":1,"
                    + "\"p90\":2,\"p99\":3,\"p99.9\":4.5,\"max\":5},"
                    + "\"curve\":[[0,0],[2,%d],[5,%d]]}",
                    i, connected, connected - missing, missing, i, connected / 2, connected);
        }
        say("{\"event\":\"broadcasted\"}");
    }

    private void close() {
        say("{\"event\":\"progress\",\"connected\":%d,\"failed\":0,\"elapsed_ms\":1,\"target\":0}",
                connected / 2);
        say("{\"event\":\"closed\",\"closed\":%d,\"lost\":0,\"elapsed_ms\":3}", connected);
        connected = 0;
    }

    private static void say(String format, Object... values) {
        System.out.println(String.format(Locale.ROOT, format, values));
        System.out.flush();
    }
}
