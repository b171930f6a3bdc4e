package io.mooring.kernel.plan;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Of a kernel: {@code 6.12}, or a release that begins so. */
record KernelVersion(int major, int minor) {

    private static final Pattern FORM = Pattern.compile("(\\d{1,4})\\.(\\d{1,4})([.+-].*)?");

    /** @throws IllegalArgumentException it is none */
    static KernelVersion parse(String text) {
        Matcher matcher = FORM.matcher(text.strip());
        if (!matcher.matches()) {
            throw new IllegalArgumentException("'" + text
                    + "' is not a kernel version such as 6.12");
        }
        return new KernelVersion(Integer.parseInt(matcher.group(1)),
                Integer.parseInt(matcher.group(2)));
    }

    boolean isAtLeast(int otherMajor, int otherMinor) {
        return major > otherMajor || major == otherMajor && minor >= otherMinor;
    }

    /** Since Linux 6.13 a file in a ring's table has a node of its own (io_rsrc_node). */
    boolean hasRingNodes() {
        return isAtLeast(6, 13);
    }

    @Override
    public String toString() {
        return major + "." + minor;
    }
}
