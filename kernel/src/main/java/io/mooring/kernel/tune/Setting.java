package io.mooring.kernel.tune;

import java.util.List;

/**
 * One sysctl of a profile.
 *
 * @param key as sysctl(8) has it, with dots
 * @param line of its file
 * @param written the numbers as they stand in the file
 * @param formulas one for each number, or none at all
 * @param computedFor the machine for which {@code written} was computed; null without formulas
 * @param optional the file has a dash before it: sysctl(8) does not mind its absence
 * @param does what it does, in one paragraph; so the others
 * @param absent why a machine may not have it, and what that means; "" where nothing is known
 */
record Setting(String key, int line, List<Long> written, List<Rule> rules, List<String> formulas,
        Ram computedFor, boolean optional, String does, String costs, String measured,
        String absent) {

    /** What the profile says for a machine, whatever that has now. */
    List<Long> wanted(Ram ram) {
        return formulas.isEmpty() ? written
                : formulas.stream().map(formula -> Formula.value(formula, ram)).toList();
    }

    /** What this machine is to have. @param current as many numbers as {@code written} */
    List<Long> target(Ram ram, List<Long> current) {
        List<Long> wanted = wanted(ram);
        Long[] target = new Long[current.size()];
        for (int i = 0; i < target.length; i++) {
            target[i] = rules.get(i).of(current.get(i), wanted.get(i));
        }
        return List.of(target);
    }
}
