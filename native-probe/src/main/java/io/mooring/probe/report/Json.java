package io.mooring.probe.report;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * JSON of maps, lists, strings, numbers, booleans and null: writes it, and reads its own back.
 * Reading refuses what is not JSON, and nesting deeper than a report ever has.
 */
public final class Json {

    private static final int DEPTH_MAX = 64;

    private final String text;
    private int at;

    private Json(String text) {
        this.text = text;
    }

    public static String write(Object value) {
        StringBuilder out = new StringBuilder();
        write(out, value, 0);
        return out.append('\n').toString();
    }

    /** On one line: one report after the other. */
    public static String line(Object value) {
        StringBuilder out = new StringBuilder();
        write(out, value, -1);
        return out.append('\n').toString();
    }

    private static void write(StringBuilder out, Object value, int indent) {
        switch (value) {
            case null -> out.append("null");
            case String string -> quote(out, string);
            case Double number -> number(out, number);
            case Number number -> out.append(number);
            case Boolean flag -> out.append(flag);
            case Map<?, ?> map -> {
                List<Object> entries = new ArrayList<>(map.entrySet());
                sequence(out, entries, '{', '}', indent);
            }
            case List<?> list -> sequence(out, list, '[', ']', indent);
            case Map.Entry<?, ?> entry -> {
                quote(out, String.valueOf(entry.getKey()));
                out.append(indent < 0 ? ":" : ": ");
                write(out, entry.getValue(), indent);
            }
            default -> quote(out, value.toString());
        }
    }

    private static void sequence(StringBuilder out, List<?> values, char open, char close,
            int indent) {
        out.append(open);
        int inner = indent < 0 ? -1 : indent + 1;
        for (int i = 0; i < values.size(); i++) {
            out.append(i == 0 ? "" : ",");
            newLine(out, inner);
            write(out, values.get(i), inner);
        }
        if (!values.isEmpty()) {
            newLine(out, indent);
        }
        out.append(close);
    }

    private static void newLine(StringBuilder out, int indent) {
        if (indent >= 0) {
            out.append('\n').append("  ".repeat(indent));
        }
    }

    private static void number(StringBuilder out, double value) {
        if (!Double.isFinite(value)) {
            out.append("null");
        } else if (value == Math.rint(value) && Math.abs(value) < 1e15) {
            out.append((long) value);
        } else {
            out.append(Math.round(value * 1000) / 1000.0);
        }
    }

    private static void quote(StringBuilder out, String string) {
        out.append('"');
        for (int i = 0; i < string.length(); i++) {
            char c = string.charAt(i);
            switch (c) {
                case '"' -> out.append("\\\"");
                case '\\' -> out.append("\\\\");
                case '\n' -> out.append("\\n");
                case '\t' -> out.append("\\t");
                default -> {
                    if (c < 0x20 || c == 0x7f) {
                        out.append(String.format("\\u%04x", (int) c));
                    } else {
                        out.append(c);
                    }
                }
            }
        }
        out.append('"');
    }

    /** @throws IllegalArgumentException it is not JSON */
    public static Object parse(String text) {
        Json json = new Json(text);
        Object value = json.value(0);
        json.blanks();
        if (json.at != text.length()) {
            throw json.wrong("more text than one value");
        }
        return value;
    }

    private Object value(int depth) {
        blanks();
        if (depth > DEPTH_MAX) {
            throw wrong("nested too deep");
        }
        return switch (peek()) {
            case '{' -> object(depth);
            case '[' -> array(depth);
            case '"' -> string();
            case 't' -> word("true", true);
            case 'f' -> word("false", false);
            case 'n' -> word("null", null);
            default -> number();
        };
    }

    private Map<String, Object> object(int depth) {
        Map<String, Object> map = new LinkedHashMap<>();
        at++;
        blanks();
        while (peek() != '}') {
            if (!map.isEmpty()) {
                expect(',');
                blanks();
            }
            String key = string();
            blanks();
            expect(':');
            map.put(key, value(depth + 1));
            blanks();
        }
        at++;
        return map;
    }

    private List<Object> array(int depth) {
        List<Object> list = new ArrayList<>();
        at++;
        blanks();
        while (peek() != ']') {
            if (!list.isEmpty()) {
                expect(',');
            }
            list.add(value(depth + 1));
            blanks();
        }
        at++;
        return list;
    }

    private String string() {
        expect('"');
        StringBuilder out = new StringBuilder();
        while (peek() != '"') {
            char c = text.charAt(at++);
            out.append(c == '\\' ? escaped() : c);
        }
        at++;
        return out.toString();
    }

    private char escaped() {
        char c = peek();
        at++;
        return switch (c) {
            case '"', '\\', '/' -> c;
            case 'n' -> '\n';
            case 't' -> '\t';
            case 'r' -> '\r';
            case 'b' -> '\b';
            case 'f' -> '\f';
            case 'u' -> {
                if (at + 4 > text.length()) {
                    throw wrong("an escape that is cut");
                }
                try {
                    char decoded = (char) Integer.parseInt(text, at, at + 4, 16);
                    at += 4;
                    yield decoded;
                } catch (NumberFormatException e) {
                    throw wrong("no hexadecimal number");
                }
            }
            default -> throw wrong("an unknown escape");
        };
    }

    private Object word(String word, Object value) {
        if (!text.startsWith(word, at)) {
            throw wrong("no value");
        }
        at += word.length();
        return value;
    }

    private Double number() {
        int from = at;
        while (at < text.length() && "+-.eE0123456789".indexOf(text.charAt(at)) >= 0) {
            at++;
        }
        try {
            return Double.valueOf(text.substring(from, at));
        } catch (NumberFormatException e) {
            throw wrong("no value");
        }
    }

    private void blanks() {
        while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) {
            at++;
        }
    }

    private char peek() {
        if (at >= text.length()) {
            throw wrong("it ends too early");
        }
        return text.charAt(at);
    }

    private void expect(char c) {
        if (peek() != c) {
            throw wrong("no '" + c + "'");
        }
        at++;
    }

    private IllegalArgumentException wrong(String what) {
        return new IllegalArgumentException("not JSON at character " + at + ": " + what);
    }
}
