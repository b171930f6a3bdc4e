package io.mooring.bench.million;

/** Text in HTML and SVG. */
final class Html {

    private Html() {
    }

    /** For element content and quoted attributes alike. */
    static String escape(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
                .replace("\"", "&quot;").replace("'", "&#39;");
    }

    /** The plain ASCII of the terminal with the signs that it stands for. */
    static String nice(String text) {
        return escape(text.replace("<= ", "\u2264 ").replace(" +- ", " \u00b1 ")
                .replaceAll("(\\d) us\\b", "$1 \u00b5s")
                .replaceAll("(\\d)\\.\\.(\\d)", "$1\u2013$2"));
    }
}
