package io.mooring.server;

import io.mooring.api.Connections;
import io.mooring.api.Delivery;
import io.mooring.api.HttpExchange;
import io.mooring.api.HttpPostHandler;
import io.mooring.api.HttpReply;
import io.mooring.api.Payload;
import io.mooring.api.Request;
import io.mooring.api.SendResult;
import io.mooring.ws.Utf8;
import java.util.Locale;

/**
 * {@code POST /topic/NAME}: publishes the body, as text, or as bytes if its Content-Type is
 * application/octet-stream; answered with what became of it, once that is known of every
 * subscriber.
 */
final class TopicPostHandler implements HttpPostHandler {
    private static final String BINARY = "application/octet-stream";

    @Override
    public void onRequest(Connections connections, Request request, Payload body,
        HttpExchange exchange) {
        String topic = request.path().substring(TopicHandler.PREFIX.length());
        if (!TopicHandler.isName(topic)) {
            exchange.reply(error(400, TopicHandler.NAME_RULE));
            return;
        }
        boolean text = !isBinary(request.headers().apply("Content-Type"));
        if (text && Utf8.validate(body.memory(), body.offset(), body.length(), Utf8.ACCEPT)
                != Utf8.ACCEPT) {
            exchange.reply(error(400, "the body is not UTF-8; send Content-Type: " + BINARY
                + " for bytes"));
            return;
        }
        Payload message =
            new Payload().wrap(body.memory(), body.offset(), body.length(), text);
        SendResult result = connections.publish(topic, message, 0,
            delivery -> exchange.reply(told(delivery)));
        switch (result) {
            case FULL -> exchange.reply(error(429,
                "published frames on their way use all of --frame-memory; publish more slowly")
                .withHeader("Retry-After", "1"));
            case CLOSED -> exchange.reply(error(503, "the server is stopping"));
            default -> { } // onDelivered answers
        }
    }

    private static boolean isBinary(String contentType) {
        return contentType != null
            && contentType.toLowerCase(Locale.ROOT).strip().startsWith(BINARY);
    }

    private static HttpReply told(Delivery delivery) {
        return HttpReply.json(200, JsonText.of(JsonText.object(
            "subscribers", delivery.subscribers(), "delivered", delivery.delivered(),
            "queued", delivery.queued(), "dropped", delivery.dropped(),
            "closed", delivery.closed(), "evicted", delivery.evicted())) + "\n");
    }

    private static HttpReply error(int status, String why) {
        return HttpReply.json(status, JsonText.of(JsonText.object("error", why)) + "\n");
    }
}
