package io.mooring.probe.source;

import java.net.URISyntaxException;
import java.nio.file.Path;

/** Recorded /proc and /sys of other machines. */
public final class Fixtures {

    private Fixtures() {
    }

    /**
     * An emulated Raspberry Pi 5, pages of 16 KiB: base, held5000-epoll, ...-34B-unread; and
     * held20-ring, the fdinfo of a ring alone.
     */
    public static ProcFs pi(String state) {
        return new ProcFs(folder("/pi5-16k/" + state), 16_384);
    }

    /** A virtual x86-64 machine with merged slabs. */
    public static ProcFs x86() {
        return new ProcFs(folder("/x86-4k"), 4096);
    }

    private static Path folder(String name) {
        try {
            return Path.of(Fixtures.class.getResource(name).toURI());
        } catch (URISyntaxException e) {
            throw new AssertionError(e);
        }
    }
}
