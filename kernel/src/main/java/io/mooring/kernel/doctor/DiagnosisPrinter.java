package io.mooring.kernel.doctor;

import io.mooring.probe.report.Json;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Help.Ansi;

/** A diagnosis as a person reads it, what is to be done first; and as a script does. */
final class DiagnosisPrinter {
    private static final int COLUMNS = 100;
    private static final String INDENT = "      ";

    private final Diagnosis diagnosis;
    private final boolean isVerbose;
    private final boolean isColoured;
    private final StringBuilder out = new StringBuilder();

    private DiagnosisPrinter(Diagnosis diagnosis, boolean isVerbose, boolean isColoured) {
        this.diagnosis = diagnosis;
        this.isVerbose = isVerbose;
        this.isColoured = isColoured;
    }

    static String text(Diagnosis diagnosis, boolean isVerbose, Ansi ansi) {
        return new DiagnosisPrinter(diagnosis, isVerbose, ansi.enabled()).print();
    }

    private String print() {
        wrapped("", diagnosis.machine());
        out.append('\n');
        each(Result.Fail.class);
        each(Result.Warn.class);
        if (isVerbose) {
            each(Result.Unknown.class);
            each(Result.Pass.class);
        } else {
            line("90", "?", Result.Unknown.class, " not known: ");
            line("32", "ok", Result.Pass.class, " fine (--verbose tells all): ");
        }
        if (out.indexOf("sysctl -w") >= 0) {
            out.append('\n');
            wrapped("", "A sysctl lasts until the next boot; ./mooring tune shows, sets, keeps and "
                + "takes back what the server needs.");
        }
        out.append('\n').append(coloured(diagnosis.fits() ? "1;32" : "1;31", diagnosis.verdict()))
            .append('\n');
        return out.toString();
    }

    private void line(String colour, String label, Class<? extends Result> state, String what) {
        if (diagnosis.count(state) > 0) {
            labelled(colour, label, diagnosis.count(state) + what
                + diagnosis.names(state::isInstance));
        }
    }

    private void each(Class<? extends Result> state) {
        for (Result result : diagnosis.results()) {
            if (state.isInstance(result)) {
                one(result);
            }
        }
    }

    private void one(Result result) {
        switch (result) {
            case Result.Pass pass -> {
                head("32", "ok", pass.subject());
                more("why", pass.subject().why());
            }
            case Result.Warn warn -> {
                head("33", "WARN", warn.subject());
                more("why", warn.subject().why());
                more("cost", warn.cost());
                fix(warn.fix());
            }
            case Result.Fail fail -> {
                head("31", "FAIL", fail.subject());
                more("why", fail.subject().why());
                more("cost", fail.cost());
                fix(fail.fix());
            }
            case Result.Unknown unknown -> {
                head("90", "?", unknown.subject());
                more("why", unknown.subject().why());
                fix(unknown.remedy());
            }
        }
    }

    private void head(String colour, String label, Subject subject) {
        labelled(colour, label, subject.name() + ": " + subject.read()
            + (subject.needed().isEmpty() ? "" : "; needed: " + subject.needed()));
    }

    private void labelled(String colour, String label, String text) {
        int start = out.length();
        wrapped(INDENT, INDENT + text);
        out.replace(start, start + label.length(), coloured(colour, label));
    }

    private void more(String label, String text) {
        if (!text.isEmpty()) {
            wrapped(INDENT + INDENT, INDENT + pad(label) + text);
        }
    }

    /** Not wrapped: it is to be copied. */
    private void fix(String text) {
        if (!text.isEmpty()) {
            out.append(INDENT).append(coloured("1", pad("fix"))).append(text).append('\n');
        }
    }

    private static String pad(String label) {
        return label + " ".repeat(INDENT.length() - label.length());
    }

    private void wrapped(String indent, String text) {
        int width = 0;
        String lead = text.substring(0, text.length() - text.stripLeading().length());
        StringBuilder line = new StringBuilder(lead);
        for (String word : text.strip().split(" ")) {
            if (width > 0 && line.length() + 1 + word.length() > COLUMNS) {
                out.append(line).append('\n');
                line = new StringBuilder(indent);
                width = 0;
            }
            line.append(width == 0 ? "" : " ").append(word);
            width++;
        }
        out.append(line).append('\n');
    }

    private String coloured(String code, String text) {
        return isColoured ? "\u001b[" + code + "m" + text + "\u001b[0m" : text;
    }

    // ---- for scripts

    static String json(Diagnosis diagnosis) {
        Map<String, Object> all = new LinkedHashMap<>();
        all.put("connections", diagnosis.wanted().connections());
        all.put("fits", diagnosis.fits());
        all.put("at_most", diagnosis.atMost().isPresent() ? diagnosis.atMost().getAsLong() : null);
        all.put("verdict", diagnosis.verdict());
        all.put("machine", diagnosis.machine());
        all.put("engine", diagnosis.trial().engine().name());
        all.put("io_uring_tried", diagnosis.trial().isTried());
        all.put("memory_bytes", diagnosis.needs().fullBytes());
        all.put("per_connection_bytes", diagnosis.needs().perConnectionBytes());
        List<Object> checks = new ArrayList<>();
        diagnosis.results().forEach(result -> checks.add(object(result)));
        all.put("checks", checks);
        return Json.write(all);
    }

    private static Map<String, Object> object(Result result) {
        Map<String, Object> object = new LinkedHashMap<>();
        object.put("name", result.subject().name());
        object.put("state", result.state());
        object.put("read", result.subject().read());
        object.put("needed", result.subject().needed());
        object.put("why", result.subject().why());
        switch (result) {
            case Result.Pass pass -> { }
            case Result.Warn warn -> {
                object.put("cost", warn.cost());
                object.put("fix", warn.fix());
            }
            case Result.Fail fail -> {
                object.put("cost", fail.cost());
                object.put("fix", fail.fix());
                object.put("at_most", fail.atMost() == Result.UNCOUNTED ? null : fail.atMost());
            }
            case Result.Unknown unknown -> object.put("remedy", unknown.remedy());
        }
        return object;
    }
}
