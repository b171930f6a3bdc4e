package io.mooring.reactor;

import static org.assertj.core.api.Assertions.assertThat;

import io.mooring.api.Routes;
import io.mooring.api.SendResult;
import io.mooring.api.SlowReceivers;
import io.mooring.api.WebSocketHandler;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

class TopicsTest {
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
        sizes.slow = new SlowReceivers(SlowReceivers.Policy.DROP_NEWEST, 60_000, 1 << 30);
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
            assertThat(server.group.publishRefused()).isZero();
            assertThat(server.count(Counter.DROPPED)).isZero();
            assertThat(server.group.published()).isEqualTo(messages);
        }
    }

    /** Topics that one connection joins, more than it may; and what it publishes to them. */
    @Test
    void aConnectionInManyTopics() throws Exception {
        int most = 1_024;
        WebSocketHandler handler = (connections, connection, message) -> {
            int refused = 0;
            for (int i = 0; i < most + 3; i++) {
                refused += connections.subscribe(connection, "t" + i) ? 0 : 1;
            }
            SendResult several = connections.publish(connection, message, 0);
            for (int i = 1; i < most; i++) {
                assertThat(connections.unsubscribe(connection, "t" + i)).isTrue();
            }
            SendResult one = connections.publish(connection, message, 0);
            SendResult nobody = connections.publish("nobody", message, 0);
            connections.sendText(connection, refused + " " + several + " " + one + " " + nobody);
        };
        Routes routes = Routes.builder().webSocket("/h", handler).build();
        try (TestServer server = new TestServer(new TestServer.Sizes(), routes);
                WsClient client = WsClient.open(server.port, "/h", new Random(1))) {
            byte[] text = Clients.text(20);
            for (int round = 0; round < 3; round++) {
                client.send(0x81, text);
                assertThat(new String(client.read().payload(), StandardCharsets.UTF_8))
                    .isEqualTo("3 CLOSED QUEUED QUEUED");
                assertThat(client.read().payload()).isEqualTo(text);
            }
            assertThat(server.count(Counter.SUBSCRIPTIONS_REFUSED_LIMIT)).isEqualTo(9);
            client.closeProperly();
            server.awaitEmpty();
            server.await("no name is held", () -> server.group.topics() == 0);
        }
    }

    /** A number stays its name's while a message is on its way, though all its topic has gone. */
    @Test
    void topicsThatComeAndGoWhileMessagesAreOnTheirWay() throws Exception {
        WebSocketHandler handler = (connections, connection, message) -> {
            String name = message.toText();
            int number = Integer.parseInt(name.substring(1));
            connections.unsubscribe(connection, "n" + (number - 1) + "'");
            connections.subscribe(connection, name);
            connections.publish(name, message, 0);
            connections.unsubscribe(connection, name);
            connections.subscribe(connection, name + "'");
            connections.publish(connection, message, 0);
        };
        TestServer.Sizes sizes = new TestServer.Sizes();
        sizes.reactors = 2;
        try (TestServer server = new TestServer(sizes,
                Routes.builder().webSocket("/h", handler).build());
                WsClient client = WsClient.open(server.port, "/h", new Random(1))) {
            for (int i = 0; i < 200; i++) {
                byte[] name = ("n" + i).getBytes(StandardCharsets.UTF_8);
                client.send(0x81, name);
                assertThat(client.read().payload()).as("only by the second topic, and once")
                    .isEqualTo(name);
                if (i == 0) {
                    assertThat(server.group.published()).isEqualTo(2);
                }
            }
            client.closeProperly();
            server.awaitEmpty();
            server.await("no name is held", () -> server.group.topics() == 0);
        }
    }

    private static long joined(TestServer server) {
        long[] members = new long[1];
        server.onReactors(r -> {
            int topic = r.topics.find("/topic/t");
            members[0] += topic == 0 ? 0 : r.topics.subscribers(topic);
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
