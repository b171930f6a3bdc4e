package io.mooring.reactor;

import io.mooring.api.HttpReply;
import io.mooring.ws.Handshake;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Whole responses, as bytes. Any thread. */
final class HttpAnswers {
    private static final String TEXT = "text/plain; charset=utf-8";
    private static final String ALLOW_ORIGIN = "Access-Control-Allow-Origin";

    private HttpAnswers() {
    }

    /** One line of text. */
    static byte[] text(int status, String line, String... headerLines) {
        return text(status, line, false, headerLines);
    }

    static byte[] text(int status, String line, boolean isHead, String... headerLines) {
        return response(status, TEXT, Texts.utf8(line + "\n"), isHead, headerLines);
    }

    static byte[] handlerFailed(boolean isHead) {
        return text(500, "The handler failed; the server's log says why.", isHead);
    }

    static byte[] of(HttpReply reply, boolean isHead) {
        return response(reply.status(), reply.contentType(), reply.body(), isHead,
            lines(reply).toArray(String[]::new));
    }

    /** @param origin whose pages may read the answer, by permission; null: nobody asked for that */
    static byte[] of(HttpReply reply, boolean isHead, String origin) {
        List<String> lines = lines(reply);
        if (origin != null
                && reply.headers().keySet().stream().noneMatch(ALLOW_ORIGIN::equalsIgnoreCase)) {
            lines.addAll(allowOrigin(origin));
        }
        return response(reply.status(), reply.contentType(), reply.body(), isHead,
            lines.toArray(String[]::new));
    }

    /** May a page of {@code origin} send a POST that is not as simple as a form's? It may. */
    static byte[] preflight(String origin) {
        List<String> lines = new ArrayList<>(allowOrigin(origin));
        lines.add("Access-Control-Allow-Methods: POST");
        lines.add("Access-Control-Allow-Headers: *");
        lines.add("Access-Control-Max-Age: 600");
        return response(204, null, new byte[0], false, lines.toArray(String[]::new));
    }

    private static List<String> lines(HttpReply reply) {
        List<String> lines = new ArrayList<>();
        reply.headers().forEach((name, value) -> lines.add(name + ": " + value));
        return lines;
    }

    private static List<String> allowOrigin(String origin) {
        return List.of(ALLOW_ORIGIN + ": " + origin, "Vary: Origin");
    }

    /** The answer to HEAD is that to GET without the body, RFC 9110 section 9.3.2. */
    private static byte[] response(int status, String type, byte[] body, boolean isHead,
        String... headerLines) {
        byte[] response = Handshake.httpResponse(status, type, body, headerLines);
        return isHead ? Arrays.copyOf(response, response.length - body.length) : response;
    }
}
