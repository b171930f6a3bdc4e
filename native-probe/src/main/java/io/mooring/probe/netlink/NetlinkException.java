package io.mooring.probe.netlink;

/** A message that is not as it must be, or an error that the kernel answers with. */
public final class NetlinkException extends Exception {

    private final int errno;

    /** A message that is not as it must be. */
    public NetlinkException(String message) {
        this(message, 0);
    }

    public NetlinkException(String message, int errno) {
        super(message);
        this.errno = errno;
    }

    /** The kernel's error number; 0: it was the message. */
    public int errno() {
        return errno;
    }
}
