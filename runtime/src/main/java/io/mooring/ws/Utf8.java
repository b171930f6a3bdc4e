package io.mooring.ws;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * Validates UTF-8 piece by piece (RFC 6455, 8.1; RFC 3629; Unicode, table 3-7): no surrogates, no
 * overlong forms, nothing above U+10FFFF. A bad byte is known as soon as it is seen, which is what
 * lets a server fail a text message before its last fragment.
 *
 * <p>Nine states make an automaton small enough for one {@code long} per input byte: six bits at
 * {@code 6 * state} hold six times the next state. A step is then one load that does not depend on
 * the state, and one shift that does, instead of two dependent loads per byte.
 */
public final class Utf8 {
    /** Between two characters: the state to begin with, and the only one a text may end in. */
    public static final int ACCEPT = 0;
    /** A byte was wrong; no later byte changes that. */
    public static final int REJECT = 1;

    // Inside a sequence: how many continuation bytes are missing, where any of 80..BF will do ...
    private static final int ONE_MORE = 2;
    private static final int TWO_MORE = 3;
    private static final int THREE_MORE = 4;
    // ... and where the lead byte narrows the next one: against overlong forms (E0, F0), surrogates
    // (ED) and code points beyond U+10FFFF (F4).
    private static final int AFTER_E0 = 5;
    private static final int AFTER_ED = 6;
    private static final int AFTER_F0 = 7;
    private static final int AFTER_F4 = 8;
    private static final int STATES = 9;

    private static final int BITS = 6;
    private static final long STATE_MASK = (1 << BITS) - 1;

    private static final long HIGH_BITS = 0x8080_8080_8080_8080L;
    private static final ValueLayout.OfLong LONG_LE =
            ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private static final long[] STEP = steps();

    private Utf8() {
    }

    /**
     * Continues a validation over the next {@code length} bytes of a text.
     *
     * @param state {@link #ACCEPT} at the start of a text, else what the call before returned
     * @return {@link #ACCEPT}, {@link #REJECT}, or another small positive state: inside a character
     */
    public static int validate(MemorySegment mem, long offset, int length, int state) {
        assert state >= 0 && state < STATES : "not a state of this automaton";
        // Only the six low bits of s are the state; a shift ignores the others, so they may stay.
        long s = (long) state * BITS;
        int i = 0;
        for (; i <= length - 8; i += 8) {
            long word = mem.get(LONG_LE, offset + i);
            if ((word & HIGH_BITS | s & STATE_MASK) == 0) {
                continue;
            }
            s = STEP[(int) word & 0xff] >>> s;
            s = STEP[(int) (word >>> 8) & 0xff] >>> s;
            s = STEP[(int) (word >>> 16) & 0xff] >>> s;
            s = STEP[(int) (word >>> 24) & 0xff] >>> s;
            s = STEP[(int) (word >>> 32) & 0xff] >>> s;
            s = STEP[(int) (word >>> 40) & 0xff] >>> s;
            s = STEP[(int) (word >>> 48) & 0xff] >>> s;
            s = STEP[(int) (word >>> 56)] >>> s;
            if ((s & STATE_MASK) == REJECT * BITS) {
                return REJECT;
            }
        }
        for (; i < length; i++) {
            s = STEP[mem.get(ValueLayout.JAVA_BYTE, offset + i) & 0xff] >>> s;
        }
        return (int) (s & STATE_MASK) / BITS;
    }

    private static long[] steps() {
        long[] steps = new long[256];
        for (int b = 0; b < steps.length; b++) {
            for (int state = 0; state < STATES; state++) {
                steps[b] |= (long) next(state, b) * BITS << state * BITS;
            }
        }
        return steps;
    }

    /** Unicode, table 3-7, row by row. */
    private static int next(int state, int b) {
        return switch (state) {
            case ACCEPT -> lead(b);
            case ONE_MORE -> within(b, 0x80, 0xbf, ACCEPT);
            case TWO_MORE -> within(b, 0x80, 0xbf, ONE_MORE);
            case THREE_MORE -> within(b, 0x80, 0xbf, TWO_MORE);
            case AFTER_E0 -> within(b, 0xa0, 0xbf, ONE_MORE);
            case AFTER_ED -> within(b, 0x80, 0x9f, ONE_MORE);
            case AFTER_F0 -> within(b, 0x90, 0xbf, TWO_MORE);
            case AFTER_F4 -> within(b, 0x80, 0x8f, TWO_MORE);
            default -> REJECT;
        };
    }

    private static int lead(int b) {
        if (b < 0x80) {
            return ACCEPT;
        }
        if (b < 0xc2 || b > 0xf4) {
            return REJECT; // a continuation byte, an overlong lead (C0, C1) or beyond U+10FFFF
        }
        return switch (b) {
            case 0xe0 -> AFTER_E0;
            case 0xed -> AFTER_ED;
            case 0xf0 -> AFTER_F0;
            case 0xf4 -> AFTER_F4;
            default -> b < 0xe0 ? ONE_MORE : b < 0xf0 ? TWO_MORE : THREE_MORE;
        };
    }

    private static int within(int b, int low, int high, int then) {
        return b >= low && b <= high ? then : REJECT;
    }
}
