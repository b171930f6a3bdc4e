package io.mooring.server;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/**
 * A client process for {@link LifeTest} to kill: opens connections, leaves each in another state,
 * says so and waits.
 */
final class HoldingClient {
    private static final int UNREAD_MESSAGES = 40;

    private HoldingClient() {
    }

    /** @param arguments port, connections */
    public static void main(String[] arguments) throws InterruptedException {
        int port = Integer.parseInt(arguments[0]);
        int connections = Integer.parseInt(arguments[1]);
        List<RawClient> clients = new ArrayList<>();
        for (int i = 0; i < connections; i++) {
            clients.add(hold(port, i));
        }
        System.out.println("holding " + clients.size());
        new CountDownLatch(1).await(); // until it is killed
    }

    private static RawClient hold(int port, int number) {
        if (number % 10 == 0) { // in the middle of the request
            return RawClient.connect(port).send(Arrays.copyOf(RawClient.request("/echo"), 50));
        }
        RawClient client = RawClient.open(port, number % 10 == 1 ? "/topic/held" : "/echo");
        switch (number % 10) {
            case 2 -> client.send(Wire.header(Wire.FIN | Frame.BINARY, 60_000, true));
            case 3 -> client.send(Wire.frame(Frame.TEXT, Frame.utf8("to be continued")));
            case 4 -> client.send(Wire.text("x")).expect(Frame.text("x"));
            case 5 -> client.send(Arrays.copyOf(Wire.text("cut in its header"), 3));
            default -> { }
        }
        if (number % 100 == 6) {
            // Echoes that are never read: some of them wait in the server.
            Thread.ofVirtual().start(() -> {
                for (int i = 0; i < UNREAD_MESSAGES; i++) {
                    client.send(Wire.binary(new byte[60_000]));
                }
            });
        }
        return client;
    }
}
