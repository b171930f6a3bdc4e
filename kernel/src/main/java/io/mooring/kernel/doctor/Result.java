package io.mooring.kernel.doctor;

/** The answer to one question to the machine. */
public sealed interface Result {
    Subject subject();

    /** What is there is enough. */
    record Pass(Subject subject) implements Result {
    }

    /**
     * It works, at a cost.
     *
     * @param cost what happens if nothing is changed
     * @param fix  the command, or the file and its line
     */
    record Warn(Subject subject, String cost, String fix) implements Result {
    }

    /**
     * So many connections will not be.
     *
     * @param atMost how many will; {@link #UNCOUNTED} where it is no matter of number
     */
    record Fail(Subject subject, String cost, String fix, long atMost) implements Result {
    }

    /**
     * The machine does not say.
     *
     * @param remedy who or what would be told; may be empty
     */
    record Unknown(Subject subject, String remedy) implements Result {
    }

    /** See {@link Fail#atMost}. */
    long UNCOUNTED = -1;

    /** As JSON and the tests have it: pass, warn, fail, unknown. */
    default String state() {
        return switch (this) {
            case Pass pass -> "pass";
            case Warn warn -> "warn";
            case Fail fail -> "fail";
            case Unknown unknown -> "unknown";
        };
    }
}
