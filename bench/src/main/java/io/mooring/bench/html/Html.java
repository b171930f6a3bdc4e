package io.mooring.bench.html;

import io.mooring.bench.BenchException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;

/** Text in HTML and SVG, and the style of all pages. */
public final class Html {

    private Html() {
    }

    /** For element content and quoted attributes alike. */
    public static String escape(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
                .replace("\"", "&quot;").replace("'", "&#39;");
    }

    /** The plain ASCII of the terminal with the signs that it stands for. */
    public static String nice(String text) {
        return escape(text.replace("<= ", "\u2264 ").replace(" +- ", " \u00b1 ")
                .replaceAll("(\\d) us\\b", "$1 \u00b5s")
                .replaceAll("(\\d)\\.\\.(\\d)", "$1\u2013$2"));
    }

    /** The style of all pages, for a style element of their own. */
    public static String style() {
        try (InputStream css = Html.class.getResourceAsStream("report.css")) {
            return new String(css.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new BenchException("report.css is missing: " + e.getMessage());
        }
    }
}
