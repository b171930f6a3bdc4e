package io.mooring.kernel.plan;

import java.util.Locale;

/** How sure a figure is. */
enum Basis {
    /** Told by its user. */
    GIVEN,
    /** Read from a machine, this one or the one that is named. */
    MEASURED,
    /** Follows from others by a rule that is named. */
    DERIVED,
    /** Nobody has measured it where it is used here. */
    ASSUMED;

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
