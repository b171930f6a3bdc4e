package io.mooring.kernel.tune;

import io.mooring.kernel.KernelException;
import io.mooring.kernel.tune.Outcome.Result;
import io.mooring.kernel.tune.TuneState.PersistedFile;
import io.mooring.kernel.tune.TuneState.Value;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Puts back what was there before {@link Tuner}, the last first. The state goes when all is done:
 * one that was interrupted is done again, and what is back already is left alone.
 */
final class Reverter {

    /** Of no other network namespace than the machine's first, and always there. */
    private static final List<String> INITIAL_ONLY =
        List.of("net.core.netdev_max_backlog", "net.ipv4.tcp_mem");

    private final Host host;
    private final Path stateFile;
    private final Consumer<String> afterStep;
    private final List<Outcome.Line> done = new ArrayList<>();
    private final Map<String, Value> valuesLeft = new LinkedHashMap<>();
    private final Map<String, PersistedFile> filesLeft = new LinkedHashMap<>();

    /** @param afterStep as {@link Tuner}'s */
    Reverter(Host host, Path stateFile, Consumer<String> afterStep) {
        this.host = host;
        this.stateFile = stateFile;
        this.afterStep = afterStep;
    }

    /**
     * Nothing recorded: no lines.
     *
     * @param force also where somebody else has changed it since
     * @throws KernelException nothing was changed, for the reason that it says
     */
    Outcome revert(boolean force) {
        if (TuneState.load(stateFile).isEmpty()) {
            return new Outcome(List.of()); // told to everybody, root or not
        }
        try (TuneLock lock = TuneLock.take(host)) {
            Optional<TuneState> recorded = TuneState.load(stateFile);
            if (recorded.isEmpty()) {
                return new Outcome(List.of());
            }
            TuneState state = recorded.get();
            if (state.isOver(host)) {
                forget(state);
            } else {
                Tuner.sameNetwork(host, state);
                refuseOtherNetwork(state);
                refuseReadOnly(state);
                List<Map.Entry<String, Value>> values = new ArrayList<>(state.values().entrySet());
                values.reversed().forEach(one -> value(one.getKey(), one.getValue(), force));
                state.files().forEach((path, file) -> file(path, file, force));
                keepWhatIsLeft(state);
            }
            return new Outcome(List.copyOf(done));
        } catch (IOException e) {
            throw new KernelException("cannot write " + stateFile + ": " + e.getMessage());
        }
    }

    private void forget(TuneState state) throws IOException {
        state.values().forEach((key, value) -> done.add(new Outcome.Line(key, Result.SKIPPED, "",
            "", "the machine was started anew since: nothing of tune's is left")));
        DurableFile.delete(stateFile);
        afterStep.accept("state");
    }

    /**
     * After a restart the names of namespaces say nothing. What only the first of them has, and is
     * not there, would be taken for gone, and what it was be forgotten.
     */
    private void refuseOtherNetwork(TuneState state) {
        if (INITIAL_ONLY.stream().anyMatch(key -> state.values().containsKey(key)
                && host.read(key).isEmpty())) {
            throw new KernelException("nothing was put back: the values are of another network "
                + "namespace than this: do it on the host");
        }
    }

    private void refuseReadOnly(TuneState state) {
        for (String key : state.values().keySet()) {
            if (host.isReadOnlyMount(key)) {
                throw new KernelException("nothing was put back: /proc/sys is mounted read-only "
                    + "here (a container?): do it on the host");
            }
        }
    }

    private void value(String key, Value value, boolean force) {
        Optional<String> read = host.read(key);
        if (read.isEmpty()) {
            add(key, Result.SKIPPED, "", "", "it is gone (a module was unloaded?)");
            return;
        }
        String current = read.get();
        if (current.equals(value.original())) {
            add(key, Result.UNCHANGED, current, current, "");
        } else if (!value.isOurs(current) && !force) {
            valuesLeft.put(key, value);
            add(key, Result.FOREIGN, current, current, "tune set it to " + value.last() + " (was "
                + value.original() + "), and somebody else has changed it since: left alone "
                + "without --force");
        } else {
            String refused = Tuner.set(host, key, current, value.original());
            if (!refused.isEmpty()) {
                valuesLeft.put(key, value);
            }
            add(key, refused.isEmpty() ? Result.RESTORED : Result.FAILED, current,
                refused.isEmpty() ? value.original() : current, refused);
        }
        afterStep.accept(key);
    }

    private void file(String path, PersistedFile file, boolean force) {
        String name = "/" + path;
        Optional<String> current = Persisted.read(host, path);
        if (current.equals(Optional.ofNullable(file.before()))) {
            add(name, Result.UNCHANGED, "", "", "");
        } else if (current.isPresent() && !file.ours().contains(current.get()) && !force) {
            filesLeft.put(path, file);
            add(name, Result.FOREIGN, "", "", "was changed since tune wrote it: left alone without "
                + "--force");
            return;
        }
        try {
            // Also where the file is as it was: what a crash has left beside it goes.
            Persisted.restore(host, path, file.before());
            if (!current.equals(Optional.ofNullable(file.before()))) {
                add(name, Result.RESTORED, "", "", file.before() == null ? "removed" : "as it was");
            }
        } catch (IOException e) {
            filesLeft.put(path, file);
            add(name, Result.FAILED, "", "", "cannot be put back: " + e.getMessage());
        }
        afterStep.accept(path);
    }

    private void keepWhatIsLeft(TuneState state) throws IOException {
        TuneState left = new TuneState(state.profile(), host.boot(), host.network(),
            inOrder(state), filesLeft);
        if (left.isEmpty()) {
            DurableFile.delete(stateFile);
        } else {
            left.save(stateFile);
        }
        afterStep.accept("state");
    }

    private Map<String, Value> inOrder(TuneState state) {
        Map<String, Value> values = new LinkedHashMap<>(state.values());
        values.keySet().retainAll(valuesLeft.keySet());
        return values;
    }

    private void add(String name, Result result, String before, String after, String note) {
        done.add(new Outcome.Line(name, result, before, after, note));
    }
}
