package io.mooring.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.mooring.api.HttpReply;
import io.mooring.api.Request;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** However much is asked, little is worked out. */
class MemoryPageTest {
    private static final Request REQUEST = new Request("GET", "/memory", "", name -> null);

    private final Queue<HttpReply> answers = new ConcurrentLinkedQueue<>();
    private final AtomicInteger made = new AtomicInteger();

    private void ask(MemoryPage page, int times) {
        for (int i = 0; i < times; i++) {
            page.onRequest(REQUEST, answers::add);
        }
    }

    @Test
    void manyAskAndOneIsMade() {
        CountDownLatch asked = new CountDownLatch(1);
        MemoryPage page = new MemoryPage(() -> {
            try {
                asked.await();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
            return "{\"made\":" + made.incrementAndGet() + "}";
        });
        ask(page, 500);
        assertThat(answers).as("none can be there yet, and nobody waited").isEmpty();
        asked.countDown();
        Await.until("all are answered", () -> answers.size() == 500);
        assertThat(made).hasValue(1);
        assertThat(answers).allSatisfy(answer -> {
            assertThat(answer.status()).isEqualTo(200);
            assertThat(answer.headers()).containsEntry("Cache-Control", "no-store");
            assertThat(new String(answer.body())).isEqualTo("{\"made\":1}");
        });
    }

    @Test
    void itIsMadeAnewAfterASecond() {
        MemoryPage page = new MemoryPage(() -> "{\"made\":" + made.incrementAndGet() + "}");
        long start = System.nanoTime();
        AtomicInteger asked = new AtomicInteger();
        Await.until("it was made three times", () -> {
            ask(page, 10);
            asked.addAndGet(10);
            return made.get() == 3;
        });
        assertThat(System.nanoTime() - start).as("three, so two seconds lie between")
            .isGreaterThanOrEqualTo(2_000_000_000L);
        Await.until("all are answered", () -> answers.size() == asked.get());
    }

    @Test
    void afterAFailureTheNextOneTries() {
        MemoryPage page = new MemoryPage(() -> {
            if (made.incrementAndGet() == 1) {
                throw new IllegalStateException("for the test");
            }
            return "{}";
        });
        ask(page, 1);
        Await.until("it is answered", () -> answers.size() == 1);
        assertThat(answers.poll().status()).isEqualTo(500);
        ask(page, 1);
        Await.until("it is answered", () -> answers.size() == 1);
        assertThat(answers.poll().status()).isEqualTo(200);
    }
}
