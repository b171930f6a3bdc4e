package io.mooring.kernel.plan;

/**
 * One line of the sum, in bytes.
 *
 * @param each   of one silent connection; 0: not theirs one by one
 * @param silent with all connections there and silent
 * @param most   at its bound, with all of them talking
 */
record Line(Side side, String name, double each, double silent, double most, Basis basis,
        String source) {

    enum Side {
        PROCESS("the server's process"), KERNEL("the kernel, for its sockets"),
        SYSTEM("the rest of the machine");

        final String title;

        Side(String title) {
            this.title = title;
        }
    }
}
