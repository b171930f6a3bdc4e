package io.mooring.server;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A strict reader of JSON, RFC 8259: whatever is not that fails the test. */
final class Json {
    private final String text;
    private int at;

    private Json(String text) {
        this.text = text;
    }

    /** Maps, lists, strings, longs, doubles, booleans, null. */
    static Object parse(String text) {
        Json json = new Json(text);
        Object value = json.value();
        json.blanks();
        json.check(json.at == text.length(), "nothing more");
        return value;
    }

    /** What lies at a path of names, and of numbers in lists: "admission.accounts.0.name". */
    static Object at(Object json, String path) {
        Object here = json;
        for (String step : path.split("\\.")) {
            if (here instanceof List<?> list) {
                here = list.get(Integer.parseInt(step));
            } else if (here instanceof Map<?, ?> map && map.containsKey(step)) {
                here = map.get(step);
            } else {
                throw new AssertionError("no " + step + " of " + path + " in " + here);
            }
        }
        return here;
    }

    static long number(Object json, String path) {
        return (Long) at(json, path);
    }

    @SuppressWarnings("unchecked") // whoever calls it says that they are objects
    static List<Map<String, Object>> objects(Object json, String path) {
        return (List<Map<String, Object>>) at(json, path);
    }

    private Object value() {
        blanks();
        char first = next();
        return switch (first) {
            case '{' -> object();
            case '[' -> list();
            case '"' -> string();
            case 't' -> word("rue", true);
            case 'f' -> word("alse", false);
            case 'n' -> word("ull", null);
            default -> number();
        };
    }

    private Map<String, Object> object() {
        Map<String, Object> object = new LinkedHashMap<>();
        if (isNext('}')) {
            return object;
        }
        do {
            blanks();
            check(next() == '"', "a name");
            String name = string();
            blanks();
            check(next() == ':', "a colon");
            check(!object.containsKey(name), "another name than " + name);
            object.put(name, value());
        } while (isNext(','));
        blanks();
        check(next() == '}', "the object's end");
        return object;
    }

    private List<Object> list() {
        List<Object> list = new ArrayList<>();
        if (isNext(']')) {
            return list;
        }
        do {
            list.add(value());
        } while (isNext(','));
        blanks();
        check(next() == ']', "the list's end");
        return list;
    }

    private String string() {
        StringBuilder string = new StringBuilder();
        for (char c = next(); c != '"'; c = next()) {
            check(c >= ' ', "no control character");
            string.append(c == '\\' ? escaped() : c);
        }
        return string.toString();
    }

    private char escaped() {
        char c = next();
        int plain = "\"\\/".indexOf(c);
        if (plain >= 0) {
            return c;
        }
        check(c == 'u', "an escape that we write");
        at += 4;
        return (char) Integer.parseInt(text, at - 4, at, 16);
    }

    private Object word(String rest, Object value) {
        check(text.startsWith(rest, at), rest);
        at += rest.length();
        return value;
    }

    private Object number() {
        int from = at - 1;
        while (at < text.length() && "0123456789.eE+-".indexOf(text.charAt(at)) >= 0) {
            at++;
        }
        String number = text.substring(from, at);
        check(number.matches("-?(0|[1-9]\\d*)(\\.\\d+)?"), "a number: " + number);
        if (number.contains(".")) {
            return Double.valueOf(number);
        }
        return Long.valueOf(number);
    }

    private boolean isNext(char c) {
        blanks();
        if (at < text.length() && text.charAt(at) == c) {
            at++;
            return true;
        }
        return false;
    }

    private void blanks() {
        while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) {
            at++;
        }
    }

    private char next() {
        check(at < text.length(), "more");
        return text.charAt(at++);
    }

    private void check(boolean holds, String expected) {
        if (!holds) {
            throw new AssertionError("not JSON at " + at + ", expected " + expected + ": "
                + text.substring(Math.max(0, at - 40), Math.min(text.length(), at + 20)));
        }
    }
}
