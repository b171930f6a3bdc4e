package io.mooring.bench.million;

/**
 * Ctrl-C, SIGTERM and SIGHUP at any moment, as a shutdown hook: both processes end, the cgroup
 * goes, what was measured so far is printed. The JVM then exits with the signal's code (130).
 */
final class Interrupt extends Thread {

    private final MillionRun run;

    Interrupt(MillionRun run) {
        this.run = run;
    }

    @Override
    public void run() {
        Outcome outcome = run.outcome();
        String phase = outcome.phase;
        int failures = outcome.failures.size();
        run.close();
        // What fails from here on does so because we ended it.
        while (outcome.failures.size() > failures) {
            outcome.failures.removeLast();
        }
        System.err.println();
        System.err.println("mooring million: interrupted (" + phase + "); both processes ended");
        System.out.print(new Summary(outcome).text());
        System.out.flush();
    }
}
