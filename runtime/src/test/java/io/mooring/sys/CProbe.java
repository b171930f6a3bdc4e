package io.mooring.sys;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What C expressions are worth in the installed headers: a program that prints them is compiled and
 * run. What these headers do not know (they may be older than the kernel) is left out.
 */
final class CProbe {
    private static final int ATTEMPTS_MAX = 10;
    private static final Pattern ERROR = Pattern.compile("probe\\.c:(\\d+):(?:\\d+:)? error:");
    private static final Pattern NO_HEADER =
        Pattern.compile("fatal error: ([^:]+): No such file or directory");

    private CProbe() {
    }

    /**
     * Evaluates each expression.
     *
     * @param expressions by a name of the caller's choice
     * @return values by that name, without what did not compile
     */
    static Map<String, Long> evaluate(Path directory, String headers,
        Map<String, String> expressions) throws IOException, InterruptedException {
        Map<String, String> left = new LinkedHashMap<>(expressions);
        for (int attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
            List<String> lines = program(headers, left);
            Files.write(directory.resolve("probe.c"), lines);
            String errors = run(directory, "gcc", "-w", "-o", "probe", "probe.c");
            if (errors.isEmpty()) {
                return parse(run(directory, directory.resolve("probe").toString()));
            }
            Matcher header = NO_HEADER.matcher(errors);
            if (header.find()) {
                abort("the C header <" + header.group(1) + "> is not installed");
            }
            assertThat(drop(left, lines, errors)).as(errors).isTrue();
        }
        throw new AssertionError("no program compiles");
    }

    private static List<String> program(String headers, Map<String, String> expressions) {
        List<String> lines = new ArrayList<>();
        lines.add("#define _GNU_SOURCE");
        for (String header : headers.split(" ")) {
            lines.add("#include <" + header + ">");
        }
        lines.add("#include <stdio.h>");
        lines.add("int main(void) {");
        expressions.forEach((name, expression) ->
            lines.add("printf(\"" + name + " %lld\\n\", (long long) (" + expression + "));"));
        lines.add("return 0; }");
        return lines;
    }

    /** Takes out what stands on the lines with errors; false if nothing does. */
    private static boolean drop(Map<String, String> left, List<String> lines, String errors) {
        TreeSet<Integer> bad = new TreeSet<>();
        Matcher matcher = ERROR.matcher(errors);
        while (matcher.find()) {
            bad.add(Integer.parseInt(matcher.group(1)));
        }
        boolean dropped = false;
        for (int line : bad) {
            String text = lines.get(line - 1);
            if (text.startsWith("printf(\"")) {
                dropped |= left.remove(text.substring(8, text.indexOf(' '))) != null;
            }
        }
        return dropped;
    }

    private static Map<String, Long> parse(String output) {
        Map<String, Long> values = new HashMap<>();
        for (String line : output.lines().toList()) {
            String[] words = line.split(" ");
            values.put(words[0], Long.parseLong(words[1]));
        }
        return values;
    }

    private static String run(Path directory, String... command)
        throws IOException, InterruptedException {
        ProcessBuilder builder = new ProcessBuilder(command).directory(directory.toFile())
            .redirectErrorStream(true);
        builder.environment().put("LC_ALL", "C");
        Process process;
        try {
            process = builder.start();
        } catch (IOException e) {
            return abort(command[0] + " is not installed");
        }
        String output = new String(process.getInputStream().readAllBytes(),
            StandardCharsets.UTF_8);
        process.waitFor();
        return output;
    }
}
