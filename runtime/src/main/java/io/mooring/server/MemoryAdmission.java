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

    MemoryAdmission(Admission admission, Listener listener, Path root, long reserveBytes,
        Consumer<String> onNotice) {
        this.admission = admission;
        this.listener = listener;
        this.onNotice = onNotice;
        this.watch = MemoryWatch.start(root, OffHeap.PAGE_BYTES, reserveBytes, this::onVerdict);
    }

    MemoryWatch watch() {
        return watch;
    }

    private void onVerdict(Verdict verdict) {
        switch (verdict.level()) {
            case ADMIT -> admission.admit();
            case REFUSE -> admission.refuse(refusal(verdict));
            case STOP -> admission.stop(refusal(verdict));
        }
        listener.limitWaiting(admission.isStopped());
        onNotice.accept(verdict.text());
    }

    private static Refusal refusal(Verdict verdict) {
        return switch (verdict.cause()) {
            case MEMORY -> Refusal.MEMORY;
            case CGROUP -> Refusal.CGROUP;
            case TCP_MEMORY -> Refusal.TCP_MEMORY;
        };
    }

    /** Call it before the listener is stopped. */
    @Override
    public void close() {
        watch.close();
    }
}
