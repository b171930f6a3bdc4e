package io.mooring.bench.million;

import java.util.List;

/** The outcome on a terminal: at most 100 columns, each figure beside its target. */
final class Summary {

    private static final int LABEL_WIDTH = 44;
    private static final int FIGURE_WIDTH = 34;
    private static final String GREEN = "\033[32m";
    private static final String RED = "\033[31m";
    private static final String BOLD = "\033[1m";
    private static final String OFF = "\033[0m";

    private final List<Verdict> verdicts;
    private final boolean colour;

    Summary(Outcome outcome) {
        this(Verdict.of(outcome), System.getenv("NO_COLOR") == null && System.console() != null
                && System.console().isTerminal());
    }

    Summary(List<Verdict> verdicts, boolean colour) {
        this.verdicts = verdicts;
        this.colour = colour;
    }

    String text() {
        StringBuilder text = new StringBuilder();
        String group = "";
        for (Verdict verdict : verdicts) {
            if (!verdict.group().equals(group)) {
                group = verdict.group();
                text.append('\n').append(paint(BOLD, group)).append('\n');
            }
            String line = "  " + pad(verdict.label(), LABEL_WIDTH)
                    + pad(verdict.figure(), FIGURE_WIDTH) + pad(verdict.target(), 16);
            text.append(verdict.pass() == null ? line.stripTrailing()
                    : line + (verdict.pass() ? paint(GREEN, "ok") : paint(RED, "MISS")))
                    .append('\n');
        }
        return text.append(text.isEmpty() ? "nothing was measured yet\n" : "\n").toString();
    }

    private String paint(String code, String text) {
        return colour ? code + text + OFF : text;
    }

    private static String pad(String text, int width) {
        return text + " ".repeat(Math.max(1, width - text.length()));
    }
}
