package io.mooring.kernel;

/** What cannot be done on this machine as it is; the message names the fix. */
public final class KernelException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** With {@code message} as a sentence for the user. */
    public KernelException(String message) {
        super(message);
    }
}
