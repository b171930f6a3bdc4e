package io.mooring.kernel.doctor;

import static io.mooring.kernel.doctor.Figures.bytes;
import static io.mooring.kernel.doctor.Figures.connections;

import io.mooring.server.Needs;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * All checks of a machine.
 *
 * @param machine one line: what it is
 * @param isThisOne and not a recorded one
 */
record Diagnosis(Wanted wanted, String machine, boolean isThisOne, Trial trial, Needs needs,
    List<Result> results) {

    /** @throws IllegalArgumentException if no server can be told so many connections */
    static Diagnosis of(Host host, Wanted wanted) {
        Trial trial = Trial.of(host, wanted.engine());
        Needs needs = Needs.of(trial.engine(), wanted.connections(), wanted.zeroCopy(),
            host.processors(),
            host.hardLimit("Max open files").orElse(FileChecks.OPEN_FILES_USUAL), host.machine());
        List<Result> results = new ArrayList<>();
        results.addAll(new KernelChecks(host, wanted, trial, needs).all());
        results.addAll(new MemoryChecks(host, wanted, needs).all());
        results.addAll(new FileChecks(host, wanted, trial, needs).all());
        results.addAll(new TcpChecks(host, wanted).all());
        results.addAll(new AcceptChecks(host, wanted).all());
        results.addAll(new PlaceChecks(host).all());
        return new Diagnosis(wanted, describe(host), host.isThisOne(), trial, needs,
            withRefusals(results, needs));
    }

    /** What the server would refuse to start for is a Fail here, whatever the checks say. */
    private static List<Result> withRefusals(List<Result> results, Needs needs) {
        List<Result> all = new ArrayList<>(results);
        for (String refusal : needs.refusals()) {
            String name = refusal.substring(0, refusal.indexOf(':'));
            if (results.stream().noneMatch(result -> result instanceof Result.Fail
                && isOf(result, name))) {
                all.add(new Subject("serve", refusal, "", "said by the server's own plan")
                    .fail("serve does not start", "as it says"));
            }
        }
        return List.copyOf(all);
    }

    /** The plan's names are ours, or shorter. */
    static boolean isOf(Result result, String planned) {
        return switch (planned) {
            case "cgroup" -> result.subject().name().equals("control group");
            case "tcp_mem" -> result.subject().name().equals("net.ipv4.tcp_mem");
            case "epoll watches" -> result.subject().name().equals("fs.epoll.max_user_watches");
            case "vm.overcommit" -> result.subject().name().equals("vm.overcommit_memory");
            default -> result.subject().name().equals(planned);
        };
    }

    private static String describe(Host host) {
        List<String> parts = new ArrayList<>();
        if (!host.model().isEmpty()) {
            parts.add(host.model());
        }
        if (!host.release().isEmpty()) {
            parts.add("Linux " + host.release());
        }
        parts.add("pages of " + (host.pageBytes() >> 10) + " KiB");
        parts.add(host.processors() == 1 ? "1 processor" : host.processors() + " processors");
        parts.add(bytes(host.machine().totalBytes()) + " of memory");
        return String.join(", ", parts);
    }

    boolean fits() {
        return results.stream().noneMatch(Result.Fail.class::isInstance);
    }

    /** How many connections do work; empty: all, or it is no matter of number. */
    OptionalLong atMost() {
        return results.stream().filter(Result.Fail.class::isInstance).map(Result.Fail.class::cast)
            .mapToLong(Result.Fail::atMost).filter(most -> most != Result.UNCOUNTED).min();
    }

    long count(Class<? extends Result> state) {
        return results.stream().filter(state::isInstance).count();
    }

    String names(Predicate<Result> which) {
        return results.stream().filter(which).map(result -> result.subject().name())
            .collect(Collectors.joining(", "));
    }

    /** The last line. */
    String verdict() {
        String who = connections(wanted.connections());
        String where = isThisOne ? "" : " (by recorded files: nothing was tried)";
        if (fits()) {
            return who + (wanted.connections() == 1 ? " fits" : " fit") + ": "
                + bytes(needs.fullBytes()) + " of memory, "
                + Figures.count(needs.perConnectionBytes()) + " B each, on "
                + trial.engine().name() + where;
        }
        OptionalLong most = atMost();
        String instead = most.isEmpty() ? "" : most.getAsLong() <= 0 ? "; as it is, none does"
            : "; as it is, " + Figures.count(most.getAsLong()) + " do";
        return who + (wanted.connections() == 1 ? " does" : " do") + " not fit: "
            + names(Result.Fail.class::isInstance) + instead + where;
    }
}
