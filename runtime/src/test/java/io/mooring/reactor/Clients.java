package io.mooring.reactor;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Many clients at once, a virtual thread each, with random numbers of their own. */
final class Clients {
    private Clients() {
    }

    @FunctionalInterface
    interface Script {
        void run(int number, Random random) throws Exception;
    }

    /** Runs {@code count} scripts to their end; the first failure fails all. */
    static void run(int count, long seed, Script script) {
        List<Future<?>> running = new ArrayList<>();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < count; i++) {
                int number = i;
                running.add(threads.submit(() -> {
                    script.run(number, new Random(seed * 1_000_003 + number));
                    return null;
                }));
            }
            for (Future<?> one : running) {
                one.get();
            }
        } catch (Exception e) {
            throw new AssertionError("seed " + seed, e);
        }
    }

    static byte[] bytes(Random random, int length) {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        return bytes;
    }

    /** ASCII text that tells its place. */
    static byte[] text(int length) {
        byte[] text = new byte[length];
        for (int i = 0; i < length; i++) {
            text[i] = (byte) ('a' + i % 26);
        }
        return text;
    }
}
