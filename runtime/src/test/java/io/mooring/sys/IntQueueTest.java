package io.mooring.sys;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.Random;
import org.junit.jupiter.api.Test;

class IntQueueTest {
    @Test
    void agreesWithTheJdks() {
        Random random = new Random(4);
        IntQueue queue = new IntQueue();
        ArrayDeque<Integer> model = new ArrayDeque<>();
        for (int i = 0; i < 100_000; i++) {
            if (random.nextInt(100) < (i / 1000 % 2 == 0 ? 60 : 40) || model.isEmpty()) {
                queue.add(i);
                model.add(i);
            } else {
                assertThat(queue.remove()).isEqualTo(model.remove());
            }
            assertThat(queue.size()).isEqualTo(model.size());
            assertThat(queue.isEmpty()).isEqualTo(model.isEmpty());
        }
    }
}
