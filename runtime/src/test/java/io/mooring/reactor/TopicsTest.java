package io.mooring.reactor;

import static org.assertj.core.api.Assertions.assertThat;

import io.mooring.conn.Connection;
import io.mooring.conn.ConnectionTable;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

class TopicsTest {
    private static final String[] NAMES = {"a", "b", "c", "d", "e"};

    @Test
    void agreesWithAModel() {
        long seed = 20_261_124;
        Random random = new Random(seed);
        Topics topics = new Topics(1);
        Map<Integer, Set<String>> model = new HashMap<>();
        try (ConnectionTable table = new ConnectionTable(50)) {
            for (int i = 0; i < 50; i++) {
                model.put(table.take(), new HashSet<>());
            }
            for (int step = 0; step < 20_000; step++) {
                int slot = random.nextInt(50);
                long c = table.at(slot);
                String name = NAMES[random.nextInt(NAMES.length)];
                String where = "seed " + seed + ", step " + step;
                switch (random.nextInt(8)) {
                    case 0 -> {
                        topics.leaveAll(0, slot, c);
                        model.get(slot).clear();
                    }
                    case 1, 2, 3 -> assertThat(topics.leave(0, slot, c, name)).as(where)
                        .isEqualTo(model.get(slot).remove(name));
                    default -> assertThat(topics.join(0, slot, c, name)).as(where)
                        .isEqualTo(model.get(slot).add(name));
                }
                assertThat(members(topics, name)).as(where).isEqualTo(members(model, name));
            }
            model.keySet().forEach(slot -> topics.leaveAll(0, slot, table.at(slot)));
            assertThat(topics.count()).isZero();
            model.keySet().forEach(slot ->
                assertThat(Connection.subscriptions(table.at(slot))).isZero());
        }
    }

    private static List<Integer> members(Topics topics, String name) {
        List<Integer> members = new ArrayList<>();
        Topics.Topic topic = topics.find(name);
        for (int slot = topic == null ? -1 : topic.next(0, 0); slot >= 0;
                slot = topic.next(0, slot + 1)) {
            members.add(slot);
        }
        return members;
    }

    private static List<Integer> members(Map<Integer, Set<String>> model, String name) {
        return model.entrySet().stream().filter(e -> e.getValue().contains(name))
            .map(Map.Entry::getKey).sorted().toList();
    }

    /** Each receiver sees each publisher's messages in their order, whole, but not its own. */
    @Test
    void everySubscriberOnEveryReactorGetsEveryMessageInOrder() throws Exception {
        int subscribers = 60;
        int publishers = 3;
        int messages = 200;
        TestServer.Sizes sizes = new TestServer.Sizes();
        sizes.reactors = 2;
        sizes.slots = 200;
        sizes.slotsPerShard = 25;
        try (TestServer server = new TestServer(sizes);
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<WsClient> clients = new ArrayList<>();
            for (int i = 0; i < subscribers; i++) {
                clients.add(WsClient.open(server.port, "/topic/t", new Random(i)));
            }
            server.await("all have joined", () -> joined(server) == subscribers);
            List<Future<?>> work = new ArrayList<>();
            for (int i = 0; i < subscribers; i++) {
                int number = i;
                WsClient client = clients.get(i);
                int expected = number < publishers ? (publishers - 1) * messages
                    : publishers * messages;
                work.add(threads.submit(() -> {
                    readInOrder(client, expected, number);
                    return null;
                }));
            }
            for (int p = 0; p < publishers; p++) {
                int publisher = p;
                work.add(threads.submit(() -> {
                    for (int i = 0; i < messages; i++) {
                        byte[] text = (publisher + " " + i).getBytes(StandardCharsets.UTF_8);
                        clients.get(publisher).send(0x81, text);
                    }
                    return null;
                }));
            }
            for (Future<?> one : work) {
                one.get();
            }
            for (WsClient client : clients) {
                client.closeProperly();
            }
            server.awaitEmpty();
            assertThat(server.count(Counter.DROPPED)).isZero();
            assertThat(server.count(Counter.DELIVERED) + server.count(Counter.QUEUED))
                .isEqualTo((long) messages * publishers * (subscribers - 1));
        }
    }

    @Test
    void aPublisherThatIsTooFastIsHeldAndNothingIsLost() throws Exception {
        int messages = 60_000;
        TestServer.Sizes sizes = new TestServer.Sizes();
        sizes.reactors = 2;
        try (TestServer server = new TestServer(sizes);
                WsClient publisher = WsClient.open(server.port, "/topic/t", new Random(1));
                WsClient subscriber = WsClient.open(server.port, "/topic/t", new Random(2))) {
            server.await("both have joined", () -> joined(server) == 2);
            byte[] text = Clients.text(4);
            Thread flood = Thread.startVirtualThread(() -> {
                try {
                    ByteArrayOutputStream wire = new ByteArrayOutputStream();
                    for (int i = 0; i < messages; i++) {
                        wire.writeBytes(WsClient.frame(0x81, text, i));
                    }
                    publisher.write(wire.toByteArray());
                } catch (IOException e) {
                    throw new AssertionError(e);
                }
            });
            for (int i = 0; i < messages; i++) {
                assertThat(subscriber.read().payload()).isEqualTo(text);
            }
            flood.join();
            publisher.closeProperly();
            subscriber.closeProperly();
            server.awaitEmpty();
            assertThat(server.count(Counter.PUBLISH_REFUSED)).isZero();
            assertThat(server.count(Counter.DROPPED)).isZero();
            assertThat(server.count(Counter.PUBLISHED)).isEqualTo(messages);
        }
    }

    private static long joined(TestServer server) {
        long[] members = new long[1];
        server.onReactors(r -> {
            Topics.Topic topic = r.topics.find("/topic/t");
            members[0] += topic == null ? 0 : topic.subscribers();
        });
        return members[0];
    }

    private static void readInOrder(WsClient client, int expected, int number)
            throws IOException {
        Map<String, Integer> next = new HashMap<>();
        for (int i = 0; i < expected; i++) {
            String[] text = new String(client.read().payload(), StandardCharsets.UTF_8).split(" ");
            assertThat(text[0]).isNotEqualTo(Integer.toString(number));
            assertThat(Integer.parseInt(text[1])).isEqualTo(next.getOrDefault(text[0], 0));
            next.merge(text[0], 1, Integer::sum);
        }
    }
}
