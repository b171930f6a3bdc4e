package io.mooring.ring;

import static org.junit.jupiter.api.Assumptions.abort;

import io.mooring.epoll.EngineChoice;
import io.mooring.sys.Abi;
import io.mooring.sys.KernelFeatures;
import io.mooring.sys.SetupException;

/** The kernels that a ring may meet, each as far as this one can stand in for it. */
enum Variant {
    /** All that this kernel offers. */
    NEWEST(true, true),
    /** Before 6.6: the submission queue goes through an array of indices. */
    SQ_ARRAY(false, true),
    /** The ring's descriptor is not registered: what the 17th ring of a thread gets. */
    PLAIN_DESCRIPTOR(true, false),
    OLDEST(false, false);

    private final boolean noSqArray;
    private final boolean registeredRing;

    Variant(boolean noSqArray, boolean registeredRing) {
        this.noSqArray = noSqArray;
        this.registeredRing = registeredRing;
    }

    /** Skips the test where there is no io_uring, saying why. */
    KernelFeatures features() {
        KernelFeatures here = here();
        boolean without = noSqArray && here.noSqArray();
        int flags = here.setupFlags() & ~Abi.SETUP_NO_SQARRAY;
        return new KernelFeatures(here.release(), flags | (without ? Abi.SETUP_NO_SQARRAY : 0),
            without, registeredRing && here.registeredRing());
    }

    /** Of the engine under test; epoll's are all alike. */
    Ring open(int sqEntries, int cqEntries) {
        return EngineChoice.byDefault() == EngineChoice.EPOLL
            ? EngineChoice.EPOLL.open().open(sqEntries, cqEntries)
            : KernelRing.open(features(), sqEntries, cqEntries);
    }

    private static KernelFeatures here() {
        try {
            return KernelFeatures.probe();
        } catch (SetupException e) {
            return abort("no io_uring here: " + e.getMessage());
        }
    }
}
