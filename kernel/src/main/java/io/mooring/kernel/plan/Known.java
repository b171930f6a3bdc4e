package io.mooring.kernel.plan;

/**
 * A figure with its standing.
 *
 * @param value  {@link Long#MAX_VALUE}: no limit
 * @param source where it is from, in a few words
 */
record Known(long value, Basis basis, String source) {

    static final long NO_LIMIT = Long.MAX_VALUE;

    static Known given(long value, String option) {
        return new Known(value, Basis.GIVEN, option);
    }

    static Known measured(long value, String source) {
        return new Known(value, Basis.MEASURED, source);
    }

    static Known derived(long value, String source) {
        return new Known(value, Basis.DERIVED, source);
    }

    static Known assumed(long value, String source) {
        return new Known(value, Basis.ASSUMED, source);
    }
}
