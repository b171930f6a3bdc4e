package io.mooring.ws;

/** The four-bit opcodes of a frame (RFC 6455, 5.2 and 11.8). */
public final class Opcode {
    /** A further fragment of a message; the first one said whether it is text or binary. */
    public static final int CONTINUATION = 0;
    /** A message of UTF-8 text, or its first fragment. */
    public static final int TEXT = 1;
    /** A message of arbitrary bytes, or its first fragment. */
    public static final int BINARY = 2;
    /** The closing handshake (5.5.1). */
    public static final int CLOSE = 8;
    /** Asks for a {@link #PONG} with the same payload (5.5.2). */
    public static final int PING = 9;
    /** Answers a {@link #PING}, or comes unasked as a heartbeat (5.5.3). */
    public static final int PONG = 10;

    /** One bit for each opcode that has a meaning: 0, 1, 2, 8, 9, 10. */
    private static final int KNOWN = 0b0000_0111_0000_0111;

    private Opcode() {
    }

    /** True for 8 to 15, the reserved ones included: never fragmented, 125 bytes at most (5.5). */
    public static boolean isControl(int opcode) {
        return (opcode & 8) != 0;
    }

    /** True for 3 to 7 and 11 to 15: no extension is ever negotiated, so these are errors (5.2). */
    public static boolean isReserved(int opcode) {
        return (KNOWN >>> opcode & 1) == 0;
    }
}
