package io.mooring.bench;

/** Something that the user can set right: its message is one line and names the fix. */
public final class BenchException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** {@code message} is shown as it is, without a stack trace. */
    public BenchException(String message) {
        super(message);
    }
}
