package io.mooring.kernel.tune;

import java.util.List;

/** What apply or revert has done. @param lines in the order in which it was */
record Outcome(List<Line> lines) {

    enum Result {
        /** Written, and read back as written. */
        CHANGED,
        /** What was there before is there again. */
        RESTORED,
        /** It was as wanted already. */
        UNCHANGED,
        /** It is gone, or may not be written here; nothing to do. */
        SKIPPED,
        /** Somebody else's: left alone. */
        FOREIGN,
        /** The kernel or the disk refused it; it is as it was before. */
        FAILED;

        boolean isLeftUndone() {
            return this == FOREIGN || this == FAILED;
        }
    }

    /** @param name a sysctl's key or a file's path; @param note "" for nothing */
    record Line(String name, Result result, String before, String after, String note) {
    }

    boolean isComplete() {
        return lines.stream().noneMatch(line -> line.result().isLeftUndone());
    }

    long count(Result result) {
        return lines.stream().filter(line -> line.result() == result).count();
    }
}
