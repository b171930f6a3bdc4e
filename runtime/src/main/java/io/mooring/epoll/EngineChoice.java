package io.mooring.epoll;

import io.mooring.ring.Engine;
import io.mooring.ring.IoUring;
import io.mooring.sys.SetupException;
import java.util.Locale;

/** Which engine is wanted. */
public enum EngineChoice {
    /** io_uring; epoll where that is missing or blocked. */
    AUTO,
    /** io_uring or nothing. */
    IO_URING,
    EPOLL;

    /**
     * What is meant where nothing is said: AUTO, or what the system property mooring.engine names.
     */
    public static EngineChoice byDefault() {
        String name = System.getProperty("mooring.engine", AUTO.name());
        return valueOf(name.toUpperCase(Locale.ROOT));
    }

    /**
     * Tries it: for io_uring a ring is set up, and a no-op goes through it.
     *
     * @throws SetupException naming what blocks it and the command that unblocks it
     */
    public Engine open() {
        return switch (this) {
            case IO_URING -> IoUring.probe();
            case EPOLL -> Epoll.probe("as --engine epoll says");
            case AUTO -> {
                try {
                    yield IoUring.probe();
                } catch (SetupException e) {
                    yield Epoll.probe(e.getMessage());
                }
            }
        };
    }
}
