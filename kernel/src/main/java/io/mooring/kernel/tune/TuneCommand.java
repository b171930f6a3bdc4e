package io.mooring.kernel.tune;

import io.mooring.sys.Syscalls;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code ./mooring tune}: exits 1 when something that should be changed or put back was not. */
@Command(name = "tune", mixinStandardHelpOptions = true,
    description = "shows, applies or reverts the settings of a profile",
    footer = {"", "Profiles: million (a million WebSockets on a Raspberry Pi 5 with 8 GB), 100k "
        + "(100,000 on a small machine), load (the machine that loads a server). They are files "
        + "of kernel/sysctl.d, to be read, or copied by hand."})
public final class TuneCommand implements Callable<Integer> {

    /** Not /var/lib/mooring: that is the service's, which could write there what we then trust. */
    private static final String STATE = "var/lib/mooring-tune/tune.state";

    @Spec
    private CommandSpec spec;

    @Option(names = "--profile", paramLabel = "NAME", description = "million, 100k, load, or a "
        + "file of your own (with a '/' in its name)")
    private String profile;

    @ArgGroup
    private Action action = new Action();

    /** One of them at most. */
    static final class Action {
        @Option(names = "--dry-run", description = "show what would be changed, and why (default)")
        private boolean dryRun;

        @Option(names = "--apply", description = "change it, having written down what was there")
        private boolean apply;

        @Option(names = "--revert", description = "put back what was there, also after an apply "
            + "that was interrupted")
        private boolean revert;
    }

    @Option(names = "--persist", description = "with --apply: also for the next start, by "
        + "/etc/sysctl.d/90-mooring.conf and, where limits are too low, "
        + "/etc/security/limits.d/90-mooring.conf; --revert removes them")
    private boolean persist;

    @Option(names = "--force", description = "also where somebody else has changed a value or a "
        + "file since")
    private boolean force;

    @Option(names = "--json", description = "report as JSON")
    private boolean json;

    @Option(names = "--state", paramLabel = "FILE", description = "what was there before "
        + "(default: /" + STATE + ")")
    private Path stateFile;

    @Option(names = "--root", paramLabel = "DIR", defaultValue = "/", description = "a folder with "
        + "another machine's proc and etc in it, for tests (default: ${DEFAULT-VALUE})")
    private Path root;

    @Option(names = "--page-bytes", hidden = true, description = "of the machine under --root")
    private Long pageBytes;

    @Override
    public Integer call() {
        Host host = new Host(root, pageBytes != null ? pageBytes : Syscalls.pageBytes());
        Path state = stateFile != null ? stateFile : root.resolve(STATE);
        if (persist && !action.apply) {
            throw new ParameterException(spec.commandLine(), "--persist goes with --apply");
        }
        if (action.revert) {
            return revert(host, state);
        }
        Profile chosen = chosen();
        return action.apply ? apply(host, state, chosen) : dryRun(host, state, chosen);
    }

    private Profile chosen() {
        try {
            if (profile == null) {
                throw new IllegalArgumentException("which profile? --profile with one of "
                    + String.join(", ", Profiles.NAMES));
            }
            return Profiles.load(profile);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage());
        }
    }

    private int dryRun(Host host, Path stateFile, Profile chosen) {
        TuneState state = Tuner.state(host, stateFile);
        TuneState here = state.network().equals(host.network()) ? state : TuneState.none(host);
        TunePlan plan = TunePlan.of(chosen, host, here, force);
        if (json) {
            out().print(TuneJson.plan(plan, host, here));
        } else {
            new TuneReport(out()).plan(plan, host, here, profile);
        }
        out().flush();
        return 0;
    }

    private int apply(Host host, Path stateFile, Profile chosen) {
        Outcome outcome = new Tuner(host, stateFile, step -> { }).apply(chosen, persist, force);
        if (json) {
            out().print(TuneJson.outcome("apply", chosen.name(), outcome));
        } else {
            boolean lasts = TuneState.load(stateFile).map(TuneState::files)
                .filter(files -> !files.isEmpty()).isPresent();
            new TuneReport(out()).outcome(outcome, (lasts ? "It stays"
                : "It lasts until the next start (--persist: longer)")
                + "; ./mooring tune --revert puts back what was there.",
                "NOT all was changed as wanted.");
        }
        out().flush();
        return outcome.isComplete() ? 0 : 1;
    }

    private int revert(Host host, Path stateFile) {
        Optional<TuneState> before = TuneState.load(stateFile);
        Outcome outcome = new Reverter(host, stateFile, step -> { }).revert(force);
        if (json) {
            out().print(TuneJson.outcome("revert", before.map(TuneState::profile).orElse(null),
                outcome));
        } else if (outcome.lines().isEmpty()) {
            out().println("Nothing to put back: tune has changed nothing (no " + stateFile + ").");
        } else {
            new TuneReport(out()).outcome(outcome, "All is as it was before tune.",
                "NOT all is as it was before; --revert can be given again.");
        }
        out().flush();
        return outcome.isComplete() ? 0 : 1;
    }

    private PrintWriter out() {
        return spec.commandLine().getOut();
    }
}
