package io.mooring.server;

import io.mooring.api.HttpReply;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;

/**
 * {@code GET /}: one page, made once, that asks for /metrics and /memory every two seconds while it
 * is seen. A browser lets it do nothing else: only the very script and style that are in it run,
 * named by their hashes, and no other host is asked for anything.
 */
final class LivePage {
    private static final String FILE = "live.html";

    private LivePage() {
    }

    static HttpReply load() {
        byte[] page = read();
        String text = new String(page, StandardCharsets.UTF_8);
        String policy = "default-src 'none'; script-src " + hash(text, "script") + "; style-src "
            + hash(text, "style") + "; connect-src 'self'; img-src data:; base-uri 'none'; "
            + "form-action 'none'; frame-ancestors 'none'";
        return new HttpReply(200, "text/html; charset=utf-8", page)
            .withHeader("Content-Security-Policy", policy)
            .withHeader("X-Content-Type-Options", "nosniff")
            .withHeader("Referrer-Policy", "no-referrer")
            .withHeader("Cache-Control", "no-cache");
    }

    private static byte[] read() {
        try (InputStream in = LivePage.class.getResourceAsStream(FILE)) {
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Of what the one element of that name holds; CSP Level 3, section 2.3.1. */
    private static String hash(String page, String element) {
        int from = page.indexOf("<" + element + ">") + element.length() + 2;
        byte[] inside = page.substring(from, page.indexOf("</" + element + ">"))
            .getBytes(StandardCharsets.UTF_8);
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(inside);
            return "'sha256-" + Base64.getEncoder().encodeToString(digest) + "'";
        } catch (NoSuchAlgorithmException e) { // every Java has it
            throw new IllegalStateException(e);
        }
    }
}
