package io.mooring.kernel.tune;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What a profile would change on a machine, line by line; nothing is written. */
record TunePlan(Profile profile, Ram ram, List<Line> lines) {

    /** What is to be done with a line. */
    enum Status {
        /** It is to be written. */
        CHANGE,
        /** It is as the profile wants it, or better. */
        OK,
        /** There is no such sysctl here. */
        ABSENT,
        /** It should be changed and may not be. */
        LOCKED,
        /** Somebody else has changed it since tune did: not without {@code --force}. */
        FOREIGN
    }

    /**
     * @param current "" when absent
     * @param target what it is to be; equal to {@code current} when OK
     * @param note what else is to be said; "" for nothing
     */
    record Line(Setting setting, Status status, String current, String target, String note) {

        private Line as(Status other, String text) {
            return new Line(setting, other, current, target, text);
        }
    }

    /** @param state what tune has changed before, in this start of the machine */
    static TunePlan of(Profile profile, Host host, TuneState state, boolean force) {
        Ram ram = host.ram();
        List<Line> lines = new ArrayList<>();
        for (Setting setting : profile.settings()) {
            Optional<String> current = host.read(setting.key());
            lines.add(current.isEmpty() ? absent(setting, host)
                : line(setting, current.get(), ram, host, state, force));
        }
        return new TunePlan(profile, ram, List.copyOf(lines));
    }

    private static Line absent(Setting setting, Host host) {
        String why = !setting.absent().isEmpty() ? setting.absent()
            : host.isInitialNetwork() || !setting.key().startsWith("net.")
                ? "this kernel has no such setting"
                : "it exists in the initial network namespace only: set it there";
        return new Line(setting, Status.ABSENT, "", "", why);
    }

    private static Line line(Setting setting, String current, Ram ram, Host host,
            TuneState state, boolean force) {
        List<Long> numbers;
        try {
            numbers = Numbers.parse(current);
        } catch (IllegalArgumentException e) {
            numbers = List.of();
        }
        if (numbers.size() != setting.written().size()) {
            return new Line(setting, Status.LOCKED, current, current, "here it is not "
                + setting.written().size() + " numbers: this kernel means something else by it");
        }
        String target = Numbers.text(setting.target(ram, numbers));
        TuneState.Value before = state.values().get(setting.key());
        Line line = new Line(setting, Status.CHANGE, current, target, "");
        if (target.equals(current)) {
            return line.as(Status.OK, before == null || before.original().equals(current) ? ""
                : "set by tune, was " + before.original());
        }
        if (before != null && !before.isOurs(current) && !force) {
            return line.as(Status.FOREIGN, "tune set it to " + before.last() + " (was "
                + before.original() + "), and somebody else has changed it since: left alone "
                + "without --force");
        }
        return host.isWritable(setting.key()) ? line : line.as(Status.LOCKED, why(setting, host));
    }

    private static String why(Setting setting, Host host) {
        if (host.isReadOnlyMount(setting.key())) {
            return "/proc/sys is mounted read-only here (a container?): set it on the host";
        }
        if (!host.isRoot()) {
            return "only root may write it";
        }
        return setting.key().startsWith("net.") && !host.isInitialNetwork()
            ? "it belongs to the initial network namespace: set it there, it holds here too"
            : "the kernel does not let us write it here (a container?): set it on the host";
    }

    List<Line> of(Status status) {
        return lines.stream().filter(line -> line.status() == status).toList();
    }
}
