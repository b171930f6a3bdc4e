package io.mooring.kernel.tune;

import io.mooring.kernel.KernelException;
import io.mooring.kernel.tune.Outcome.Result;
import io.mooring.kernel.tune.TunePlan.Status;
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
 * Writes what a plan says. Every original is on the disk before the first value is written, so
 * whatever step is the last, {@link Reverter} can put back what was there.
 */
final class Tuner {

    private final Host host;
    private final Path stateFile;
    private final Consumer<String> afterStep;
    private final List<Outcome.Line> done = new ArrayList<>();

    /** @param afterStep is told of each step that outlives the process; tests stop there */
    Tuner(Host host, Path stateFile, Consumer<String> afterStep) {
        this.host = host;
        this.stateFile = stateFile;
        this.afterStep = afterStep;
    }

    /** What tune has changed in this start of the machine; of an earlier one nothing is left. */
    static TuneState state(Host host, Path stateFile) {
        return TuneState.load(stateFile).filter(state -> !state.isOver(host))
            .orElse(TuneState.none(host));
    }

    /** @throws KernelException nothing was changed, for the reason that it says */
    Outcome apply(Profile profile, boolean persist, boolean force) {
        try (TuneLock lock = TuneLock.take(host)) {
            TuneState before = state(host, stateFile);
            sameNetwork(host, before);
            TunePlan plan = TunePlan.of(profile, host, before, force);
            refuseWhatCannotBe(plan, before);
            List<TunePlan.Line> changes = plan.of(Status.CHANGE);
            TuneState after = recorded(profile, before, changes);
            if (persist) {
                Persisted.requireOurs(host, after, profile, force);
            }
            tellWhatStays(plan);
            if (!changes.isEmpty()) {
                after.save(stateFile);
                afterStep.accept("state");
                changes.forEach(this::change);
                after = withoutFailures(before, after);
            }
            if (persist) {
                persist(after, profile, force);
            }
            return new Outcome(List.copyOf(done));
        } catch (IOException e) {
            throw new KernelException("cannot write " + stateFile + " (" + e.getMessage()
                + "): without it no value is changed that could not be put back");
        }
    }

    /** A state of one network namespace says nothing of the values of another. */
    static void sameNetwork(Host host, TuneState state) {
        if (!state.isEmpty() && state.boot().equals(host.boot())
                && !state.network().equals(host.network())) {
            throw new KernelException("tune has changed values in the network namespace "
                + state.network() + ", and this is " + host.network() + ": go there (nsenter "
                + "--net), give another --state FILE, or move the file away if that namespace is "
                + "gone, and its values with it");
        }
    }

    /** Where nothing at all may be written. Where some may be, the others are told. */
    private static void refuseWhatCannotBe(TunePlan plan, TuneState before) {
        List<TunePlan.Line> locked = plan.of(Status.LOCKED);
        if (!locked.isEmpty() && before.isEmpty() && plan.of(Status.CHANGE).isEmpty()) {
            throw new KernelException("nothing was changed: " + locked.getFirst().setting().key()
                + ": " + locked.getFirst().note() + (locked.size() == 1 ? ""
                    : " (and " + (locked.size() - 1) + " more)"));
        }
    }

    private TuneState recorded(Profile profile, TuneState before,
            List<TunePlan.Line> changes) {
        Map<String, Value> values = new LinkedHashMap<>(before.values());
        for (TunePlan.Line line : changes) {
            Value known = values.get(line.setting().key());
            values.put(line.setting().key(), known == null
                ? new Value(line.current(), List.of(line.target())) : known.with(line.target()));
        }
        return new TuneState(profile.name(), host.boot(), host.network(), values,
            before.files());
    }

    private void tellWhatStays(TunePlan plan) {
        for (TunePlan.Line line : plan.lines()) {
            Result result = switch (line.status()) {
                case CHANGE -> null;
                case OK -> Result.UNCHANGED;
                case ABSENT -> Result.SKIPPED;
                case LOCKED -> Result.FAILED;
                case FOREIGN -> Result.FOREIGN;
            };
            if (result != null) {
                done.add(new Outcome.Line(line.setting().key(), result, line.current(),
                    line.current(), line.note()));
            }
        }
    }

    private void change(TunePlan.Line line) {
        String key = line.setting().key();
        String refused = set(host, key, line.current(), line.target());
        done.add(new Outcome.Line(key, refused.isEmpty() ? Result.CHANGED : Result.FAILED,
            line.current(), refused.isEmpty() ? line.target() : line.current(), refused));
        afterStep.accept(key);
    }

    /** Writes, reads back, and if that is not what was written puts back what was there. */
    static String set(Host host, String key, String current, String target) {
        try {
            host.write(key, target);
        } catch (IOException e) {
            return "the kernel refuses " + target + ": " + e.getMessage();
        }
        Optional<String> read = host.read(key);
        if (read.isPresent() && read.get().equals(target)) {
            return "";
        }
        String made = "the kernel has made " + read.orElse("nothing") + " of " + target;
        try {
            host.write(key, current);
            return made + ": it is " + current + " again";
        } catch (IOException e) {
            return made + ", and refuses " + current + ": " + e.getMessage();
        }
    }

    /** What is so now, for the next start: not what the kernel has refused. */
    private void persist(TuneState state, Profile profile, boolean force) throws IOException {
        Map<String, String> files = Persisted.wanted(host, state, profile);
        if (!files.isEmpty()) {
            Persisted.claim(host, state, files, force).save(stateFile);
            afterStep.accept("files");
            files.forEach(this::persist);
        }
    }

    private void persist(String path, String text) {
        try {
            DurableFile.write(host.root().resolve(path), text);
            done.add(new Outcome.Line("/" + path, Result.CHANGED, "", "", "written"));
        } catch (IOException e) {
            done.add(new Outcome.Line("/" + path, Result.FAILED, "", "", "cannot be written: "
                + e.getMessage()));
        }
        afterStep.accept(path);
    }

    /** What was not changed is not ours to put back. */
    private TuneState withoutFailures(TuneState before, TuneState after) throws IOException {
        Map<String, Value> values = new LinkedHashMap<>(after.values());
        for (Outcome.Line line : done) {
            if (line.result() == Result.FAILED && !before.values().containsKey(line.name())
                    && values.containsKey(line.name()) && values.get(line.name()).original()
                        .equals(host.read(line.name()).orElse(null))) {
                values.remove(line.name());
            }
        }
        if (values.size() == after.values().size()) {
            return after;
        }
        TuneState left = new TuneState(after.profile(), after.boot(), after.network(), values,
            after.files());
        if (left.isEmpty()) {
            DurableFile.delete(stateFile);
        } else {
            left.save(stateFile);
        }
        afterStep.accept("failures");
        return left;
    }
}
