package io.mooring.sys;

/**
 * Set-up failed. The message is one line for the person at the terminal: what was refused and the
 * command, sysctl, limit or option that changes it.
 */
public final class SetupException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int errno;

    public SetupException(String message) {
        this(message, 0);
    }

    /** @param errno the positive error number behind it, 0 where there is none */
    public SetupException(String message, int errno) {
        super(message);
        this.errno = errno;
    }

    public int errno() {
        return errno;
    }
}
