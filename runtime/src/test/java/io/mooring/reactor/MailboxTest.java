package io.mooring.reactor;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;

class MailboxTest {
    /**
     * Senders that race with a reactor falling asleep: a lost wake-up would leave it asleep for
     * ever.
     */
    @Test
    void noWakeUpIsLostAndEachSendersOrderIsKept() throws InterruptedException {
        int senders = 4;
        int commands = 20_000;
        AtomicIntegerArray next = new AtomicIntegerArray(senders);
        AtomicInteger disorder = new AtomicInteger();
        try (TestServer server = new TestServer(new TestServer.Sizes())) {
            Reactor reactor = server.group.reactors().getFirst();
            List<Thread> threads = new ArrayList<>();
            for (int s = 0; s < senders; s++) {
                int sender = s;
                threads.add(Thread.ofPlatform().start(() -> {
                    for (int i = 0; i < commands; i++) {
                        int number = i;
                        Mailbox.Command command = r -> {
                            if (next.getAndIncrement(sender) != number) {
                                disorder.incrementAndGet();
                            }
                        };
                        while (!reactor.post(command)) {
                            Thread.onSpinWait();
                        }
                        if (i % 64 == 0) {
                            // Let it fall asleep, so that the next post has to wake it.
                            server.await("all done so far", () -> next.get(sender) > number);
                        }
                    }
                }));
            }
            for (Thread thread : threads) {
                thread.join();
            }
            server.await("all commands have run", () -> {
                int done = 0;
                for (int s = 0; s < senders; s++) {
                    done += next.get(s);
                }
                return done == senders * commands;
            });
            assertThat(disorder).hasValue(0);
        }
    }

    /** A reactor must not fall asleep over an answer that is owed, whoever else has its ear. */
    @Test
    void whatIsOwedKeepsAwakeAndComesFirst() {
        List<String> ran = new ArrayList<>();
        Mailbox mailbox = new Mailbox(16);
        assertThat(mailbox.trySleep(List.of())).isTrue();
        mailbox.awake();
        assertThat(mailbox.post(r -> ran.add("command"))).isTrue();
        mailbox.postOwed(r -> ran.add("owed"));
        for (String expected : new String[] {"owed", "command"}) {
            assertThat(mailbox.trySleep(List.of())).isFalse();
            mailbox.poll().run(null);
            assertThat(ran).last().isEqualTo(expected);
        }
        mailbox.postOwed(r -> ran.add("owed"));
        assertThat(mailbox.trySleep(List.of())).isFalse();
        mailbox.poll();
        mailbox.close();
        mailbox.postOwed(r -> ran.add("late"));
        assertThat(mailbox.poll()).isNull();
    }

    @Test
    void aFullMailboxRefusesAndCounts() {
        try (TestServer server = new TestServer(new TestServer.Sizes())) {
            Reactor reactor = server.group.reactors().getFirst();
            AtomicInteger gate = new AtomicInteger();
            reactor.post(r -> {
                gate.incrementAndGet();
                while (gate.get() == 1) {
                    Thread.onSpinWait();
                }
            });
            server.await("the reactor is held", () -> gate.get() == 1);
            int posted = 0;
            AtomicInteger ran = new AtomicInteger();
            while (reactor.post(r -> ran.incrementAndGet())) {
                posted++;
            }
            assertThat(posted).isGreaterThanOrEqualTo(4096);
            assertThat(server.group.mailboxFull()).isEqualTo(1);
            gate.incrementAndGet();
            int expected = posted;
            server.await("all that was taken has run", () -> ran.get() == expected);
        }
    }
}
