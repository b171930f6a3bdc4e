package io.mooring.ring;

/**
 * The 64 bits that travel with a submission and come back with its completion: operation 8 |
 * generation 24 | slot 32, from the top.
 */
public final class UserData {
    public static final int GENERATION_MASK = 0xffffff;

    private UserData() {
    }

    /** @param op 0 to 255; @param generation its low 24 bits count; @param slot any 32 bits */
    public static long pack(int op, int generation, int slot) {
        assert op >>> 8 == 0 : op;
        return (long) op << 56 | (long) (generation & GENERATION_MASK) << 32 | slot & 0xffffffffL;
    }

    public static int op(long userData) {
        return (int) (userData >>> 56);
    }

    public static int generation(long userData) {
        return (int) (userData >>> 32) & GENERATION_MASK;
    }

    public static int slot(long userData) {
        return (int) userData;
    }
}
