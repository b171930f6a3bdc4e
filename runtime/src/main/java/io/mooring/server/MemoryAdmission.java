package io.mooring.server;

import io.mooring.memory.MemoryWatch;
import io.mooring.memory.Verdict;
import io.mooring.reactor.Admission;
import io.mooring.reactor.Listener;
import io.mooring.reactor.Refusal;
import io.mooring.sys.OffHeap;
import java.nio.file.Path;
import java.util.function.Consumer;

/** Carries the watch's verdict to the reactors, and says so to the operator. */
final class MemoryAdmission implements AutoCloseable {
    private final Admission admission;
    private final Listener listener;
    private final Consumer<String> onNotice;
    private final MemoryWatch watch;
    private boolean closed;

    /** Looks once, and on from {@link #start}. */
    MemoryAdmission(Admission admission, Listener listener, Path root, long reserveBytes,
        Consumer<String> onNotice) {
        this.admission = admission;
        this.listener = listener;
        this.onNotice = onNotice;
        this.watch = MemoryWatch.open(root, OffHeap.PAGE_BYTES, reserveBytes, this::onVerdict);
    }

    /**
     * Call it once the reactors run: those that fail to start stop the listener, and it might be
     * made to listen again.
     */
    void start() {
        watch.start();
    }

    MemoryWatch watch() {
        return watch;
    }

    private void onVerdict(Verdict verdict) {
        if (apply(verdict)) {
            onNotice.accept(verdict.text());
        }
    }

    /** False: closed, and the listener's descriptor may be somebody else's by now. */
    private synchronized boolean apply(Verdict verdict) {
        if (closed) {
            return false;
        }
        switch (verdict.level()) {
            case ADMIT -> admission.admit();
            case REFUSE -> admission.refuse(refusal(verdict));
            case STOP -> admission.stop(refusal(verdict));
        }
        listener.limitWaiting(admission.isStopped());
        return true;
    }

    private static Refusal refusal(Verdict verdict) {
        return switch (verdict.cause()) {
            case MEMORY -> Refusal.MEMORY;
            case CGROUP -> Refusal.CGROUP;
            case TCP_MEMORY -> Refusal.TCP_MEMORY;
        };
    }

    /**
     * Call it before the listener is stopped, which is not touched from here on, even if onNotice
     * does not return.
     */
    @Override
    public void close() {
        synchronized (this) {
            closed = true;
        }
        watch.close();
    }
}
