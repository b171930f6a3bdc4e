package io.mooring.probe;

/** What the probe cannot do, in a sentence for its user that names the fix. */
public final class ProbeException extends RuntimeException {

    public ProbeException(String message) {
        super(message);
    }

    public ProbeException(String message, Throwable cause) {
        super(message, cause);
    }
}
