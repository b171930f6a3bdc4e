package io.mooring.kernel.plan;

/**
 * A limit, and the first number of connections that is past it.
 *
 * @param at {@link Known#NO_LIMIT}: none
 */
record Break(String name, long at, Kind kind, String text, Basis basis, String source) {

    /** What it means to be past it. */
    enum Kind {
        /** This machine cannot. */
        HARD("cannot"),
        /** It can, once something is set. */
        SETTING("setting"),
        /** Slower, and nothing is lost. */
        SLOWER("slower"),
        /** Of a load that nobody has asked for. */
        IF("if asked");

        final String text;

        Kind(String text) {
            this.text = text;
        }
    }

    boolean isPast(long connections) {
        return connections >= at;
    }
}
