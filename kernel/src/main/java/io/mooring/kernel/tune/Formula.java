package io.mooring.kernel.tune;

/**
 * A whole number that follows from a machine: numbers with KiB, MiB or GiB, {@code ram} and
 * {@code page} in bytes, {@code + - * /} (from the left, rounded towards zero), {@code min(a, b)},
 * {@code max(a, b)} and parentheses.
 */
final class Formula {

    private static final int KIB_SHIFT = 10;
    private static final int DEPTH_MAX = 32;

    private final String text;
    private final Ram ram;
    private int at;
    private int depth;

    private Formula(String text, Ram ram) {
        this.text = text;
        this.ram = ram;
    }

    /** @throws IllegalArgumentException it is no formula, or too large a number; as a sentence */
    static long value(String text, Ram ram) {
        Formula formula = new Formula(text, ram);
        try {
            long value = formula.sum();
            if (formula.peek() != 0) {
                throw formula.wrong("'" + formula.peek() + "' is not expected");
            }
            return value;
        } catch (ArithmeticException e) {
            throw formula.wrong(e.getMessage());
        }
    }

    private long sum() {
        if (++depth > DEPTH_MAX) {
            throw wrong("nested too deep");
        }
        long value = product();
        while (true) {
            if (take('+')) {
                value = Math.addExact(value, product());
            } else if (take('-')) {
                value = Math.subtractExact(value, product());
            } else {
                depth--;
                return value;
            }
        }
    }

    private long product() {
        long value = factor();
        while (true) {
            if (take('*')) {
                value = Math.multiplyExact(value, factor());
            } else if (take('/')) {
                value /= factor();
            } else {
                return value;
            }
        }
    }

    private long factor() {
        char c = peek();
        if (take('(')) {
            return closed(sum());
        }
        if (c >= '0' && c <= '9') {
            return number();
        }
        String word = word();
        return switch (word) {
            case "ram" -> ram.memoryBytes();
            case "page" -> ram.pageBytes();
            case "min", "max" -> {
                expect('(');
                long a = sum();
                expect(',');
                long b = closed(sum());
                yield word.equals("min") ? Math.min(a, b) : Math.max(a, b);
            }
            case "" -> throw wrong("a number is missing");
            default -> throw wrong("'" + word + "' is unknown");
        };
    }

    private long number() {
        int from = at;
        while (at < text.length() && Character.isDigit(text.charAt(at))) {
            at++;
        }
        long number;
        try {
            number = Long.parseLong(text, from, at, 10);
        } catch (NumberFormatException e) {
            throw wrong("a number is too large");
        }
        int unitAt = at;
        int shift = switch (word()) {
            case "KiB" -> KIB_SHIFT;
            case "MiB" -> 2 * KIB_SHIFT;
            case "GiB" -> 3 * KIB_SHIFT;
            case "" -> 0;
            default -> {
                at = unitAt;
                throw wrong("no unit: there are KiB, MiB and GiB");
            }
        };
        return Math.multiplyExact(number, 1L << shift);
    }

    private String word() {
        peek();
        int from = at;
        while (at < text.length() && Character.isLetter(text.charAt(at))) {
            at++;
        }
        return text.substring(from, at);
    }

    private long closed(long value) {
        expect(')');
        return value;
    }

    private void expect(char c) {
        if (!take(c)) {
            throw wrong("'" + c + "' is missing");
        }
    }

    private boolean take(char c) {
        if (peek() != c) {
            return false;
        }
        at++;
        return true;
    }

    /** 0 at the end. */
    private char peek() {
        while (at < text.length() && text.charAt(at) == ' ') {
            at++;
        }
        return at < text.length() ? text.charAt(at) : 0;
    }

    private IllegalArgumentException wrong(String what) {
        return new IllegalArgumentException("the formula '" + text + "' is wrong at character "
                + (at + 1) + ": " + what);
    }
}
