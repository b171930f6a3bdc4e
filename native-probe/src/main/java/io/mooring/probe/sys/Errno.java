package io.mooring.probe.sys;

import com.sun.jna.Native;

/** Error numbers by which the probe tells what is missing; the same on x86-64 and arm64. */
public final class Errno {

    public static final int EPERM = 1;
    public static final int ENOENT = 2;
    public static final int EINTR = 4;
    public static final int EAGAIN = 11;
    public static final int EMFILE = 24;
    public static final int ENOSYS = 38;

    private Errno() {
    }

    /** What libc says to it, with the number. */
    public static String text(int errno) {
        return StrError.strerror(errno) + " (errno " + errno + ")";
    }

    /** Apart, so that parsers that only name the constants load no native library. */
    private static final class StrError {
        static {
            Native.register(StrError.class, "c");
        }

        static native String strerror(int errno);
    }
}
