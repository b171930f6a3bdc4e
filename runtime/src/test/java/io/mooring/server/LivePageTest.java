package io.mooring.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.mooring.api.HttpReply;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The page at "/" is whole in itself, and its policy lets it do what it does, and no more. */
class LivePageTest {
    private static final HttpReply PAGE = LivePage.load();
    private static final String TEXT = new String(PAGE.body(), StandardCharsets.UTF_8);

    @Test
    void thePolicyNamesItsScriptAndItsStyle() {
        assertThat(PAGE.contentType()).isEqualTo("text/html; charset=utf-8");
        assertThat(PAGE.headers().get("Content-Security-Policy"))
            .contains("default-src 'none'", "connect-src 'self'", "base-uri 'none'",
                "form-action 'none'", "frame-ancestors 'none'",
                "script-src " + hash("script"), "style-src " + hash("style"))
            .doesNotContain("unsafe");
        assertThat(PAGE.headers()).containsEntry("X-Content-Type-Options", "nosniff");
    }

    private static String hash(String element) {
        Matcher inside = Pattern.compile("<" + element + ">(.*?)</" + element + ">",
            Pattern.DOTALL).matcher(TEXT);
        assertThat(inside.find()).as("<%s> is there", element).isTrue();
        String content = inside.group(1);
        assertThat(inside.find()).as("a second <%s>", element).isFalse();
        try {
            return "'sha256-" + Base64.getEncoder().encodeToString(
                MessageDigest.getInstance("SHA-256")
                    .digest(content.getBytes(StandardCharsets.UTF_8))) + "'";
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }

    /** What the policy forbids would fail in the browser alone, and quietly. */
    @Test
    void itNeedsNothingElse() {
        assertThat(TEXT).doesNotContainPattern("(?i)\\ssrc\\s*=")
            .doesNotContainPattern("(?i)url\\(").doesNotContain("@import")
            .doesNotContainPattern("(?i)<[^>]*\\sstyle\\s*=")
            .doesNotContainPattern("(?i)<[^>]*\\son[a-z]+\\s*=")
            .doesNotContain("innerHTML").doesNotContain("eval(");
        Matcher links = Pattern.compile("https?://[^'\" ]+").matcher(TEXT);
        while (links.find()) {
            assertThat(links.group()).as("a name, never asked for")
                .isEqualTo("http://www.w3.org/2000/svg");
        }
    }

    /** Small: it lies on the heap, which has 16 MiB. */
    @Test
    void itIsSmall() {
        assertThat(PAGE.body().length).isLessThan(32 * 1024);
    }
}
