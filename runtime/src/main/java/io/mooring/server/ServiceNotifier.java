package io.mooring.server;

import io.mooring.reactor.Counter;
import io.mooring.reactor.Reactor;
import io.mooring.reactor.ReactorGroup;
import io.mooring.sys.Errno;
import io.mooring.sys.NotifySocket;
import io.mooring.sys.SetupException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

/**
 * Tells the service manager (systemd, Type=notify) that the server is ready, how many connections
 * it holds, that it stops; and feeds its watchdog, but only once every reactor has turned since the
 * last time: a reactor that hangs or has failed stops the pings, and the service is started anew.
 *
 * <p>All is sent by one thread, which allocates nothing for it and wakes twice in the watchdog's
 * time. What goes wrong with the manager is said once and counted, and stops nobody.
 */
final class ServiceNotifier implements AutoCloseable {
    private static final Logger LOG = System.getLogger("io.mooring");
    private static final long NANOS_PER_US = 1_000;
    private static final long NANOS_PER_MS = 1_000_000;
    /** How soon a status follows what has changed, where there is no watchdog. */
    private static final long STATUS_NANOS = 5_000 * NANOS_PER_MS;
    private static final long PERIOD_NANOS_MIN = NANOS_PER_MS / 2;
    private static final long READY_RETRY_NANOS = 1_000 * NANOS_PER_MS;
    /** How soon a turn is looked for: doubled from the first to the last. */
    private static final long LOOK_NANOS_MIN = NANOS_PER_MS / 8;
    private static final long LOOK_NANOS_MAX = 50 * NANOS_PER_MS;
    private static final long MS_JOIN = 1_000;

    private static final byte[] READY = NotifyMessage.text("READY=1\nMAINPID=");
    private static final byte[] WATCHDOG = NotifyMessage.text("WATCHDOG=1");
    private static final byte[] STOPPING = NotifyMessage.text("STOPPING=1");
    private static final byte[] STATUS = NotifyMessage.text("\nSTATUS=");
    private static final byte[] CLOSING = NotifyMessage.text("\nSTATUS=stopping, closing ");
    private static final byte[] OF = NotifyMessage.text(" of ");
    private static final byte[] CONNECTIONS = NotifyMessage.text(" connections");
    private static final byte[] REFUSING =
        NotifyMessage.text("; refusing new ones for want of memory");
    private static final byte[] STOPPED =
        NotifyMessage.text("; accepting is stopped for want of memory");

    /** Null: the address is of no use. */
    private final NotifySocket socket;
    private final String address;
    private final Consumer<String> onNotice;
    private final boolean watched;
    private final long periodNanos;
    private final NotifyMessage message = new NotifyMessage();

    private ReactorGroup group;
    private List<Reactor> reactors;
    private long[] turns;
    private Thread thread;
    private int openTold = -1;
    private byte[] stateTold;
    private boolean warned;
    private volatile boolean closed;
    // Written by the thread alone.
    private volatile long sent;
    private volatile long errors;
    private volatile long late;

    /**
     * What a service manager leaves in the environment.
     *
     * @return null: there is none, nobody is to be told
     */
    static ServiceNotifier open(Map<String, String> environment, Consumer<String> onNotice) {
        String address = environment.getOrDefault("NOTIFY_SOCKET", "");
        return address.isEmpty() ? null : new ServiceNotifier(address, environment, onNotice);
    }

    private ServiceNotifier(String address, Map<String, String> environment,
        Consumer<String> onNotice) {
        this.address = address;
        this.onNotice = onNotice;
        NotifySocket opened = null;
        try {
            opened = NotifySocket.open(address);
        } catch (SetupException e) {
            warn(e.getMessage());
            errors++;
        }
        this.socket = opened;
        long watchdogUs = watchdogUs(environment);
        this.watched = watchdogUs > 0;
        this.periodNanos = watched
            ? Math.max(PERIOD_NANOS_MIN, watchdogUs / 2 * NANOS_PER_US) : STATUS_NANOS;
    }

    /** 0: no watchdog, or that of another process, whose environment ours is. */
    private long watchdogUs(Map<String, String> environment) {
        String time = environment.get("WATCHDOG_USEC");
        String pid = environment.get("WATCHDOG_PID");
        if (time == null || pid != null && !pid.equals("" + ProcessHandle.current().pid())) {
            return 0;
        }
        try {
            long us = Long.parseLong(time);
            if (us > 0 && us < Long.MAX_VALUE / NANOS_PER_US) {
                return us;
            }
        } catch (NumberFormatException e) {
            // said below
        }
        warn("WATCHDOG_USEC is '" + time + "', no time in microseconds: no watchdog");
        errors++;
        return 0;
    }

    /** Says that the server is ready, and goes on from there. Call it once the reactors run. */
    void start(ReactorGroup serving) {
        group = serving;
        reactors = serving.reactors();
        turns = new long[reactors.size()];
        noteTurns();
        if (socket != null) {
            Thread started = new Thread(null, this::run, "mooring-service", 0, false);
            started.setDaemon(true);
            started.start();
            thread = started;
        }
    }

    private void run() {
        try {
            tellReady();
            while (pause(periodNanos)) {
                if (!watched) {
                    tellStatus();
                } else if (awaitTurns()) {
                    ping();
                }
            }
            int open = group.admission().open();
            send(message.clear().put(STOPPING).put(CLOSING).put(open).put(CONNECTIONS));
        } finally {
            release();
        }
    }

    /** Until it has come through: a manager that never hears it ends a healthy server. */
    private void tellReady() {
        long pid = ProcessHandle.current().pid();
        long retryNanos = Math.min(periodNanos, READY_RETRY_NANOS);
        while (!send(putStatus(message.clear().put(READY).put(pid))) && pause(retryNanos)) {
            // again
        }
    }

    private void release() {
        message.close();
        if (socket != null) {
            socket.close();
        }
    }

    /** False: closed meanwhile. */
    private boolean pause(long nanos) {
        long end = System.nanoTime() + nanos;
        for (long left = nanos; left > 0 && !closed; left = end - System.nanoTime()) {
            LockSupport.parkNanos(this, left);
        }
        return !closed;
    }

    // ---- the watchdog

    /** A ping that did not come through is tried again while the watchdog still waits. */
    private void ping() {
        message.clear().put(WATCHDOG);
        if (!send(putStatus(message)) && pause(periodNanos / 4)) {
            send(message);
        }
    }

    /**
     * Waits until every reactor has finished a turn since the last ping, however long that takes:
     * so only one that is blocked for the whole of the watchdog's time is taken for hung. False:
     * closed meanwhile.
     */
    private boolean awaitTurns() {
        long start = System.nanoTime();
        boolean told = false;
        long look = LOOK_NANOS_MIN;
        for (int i = wakeFrom(0); i < turns.length; i = wakeFrom(i)) {
            if (!pause(look)) {
                return false;
            }
            look = Math.min(2 * look, LOOK_NANOS_MAX);
            if (!told && System.nanoTime() - start > periodNanos) {
                told = true;
                onLate(i);
            }
        }
        noteTurns();
        return true;
    }

    private void noteTurns() {
        for (int i = 0; i < turns.length; i++) {
            turns[i] = turnsOf(i);
        }
    }

    /**
     * Those before have turned. The first that has not: it is woken each time, as one that was
     * awake may have fallen asleep since.
     */
    private int wakeFrom(int first) {
        int at = first;
        while (at < turns.length && turnsOf(at) != turns[at]) {
            at++;
        }
        for (int i = at; i < turns.length; i++) {
            group.wake(i);
        }
        return at;
    }

    private long turnsOf(int reactor) {
        return reactors.get(reactor).counters().get(Counter.TURNS);
    }

    private void onLate(int reactor) {
        say(String.format(Locale.ROOT, "warning: reactor %d has not turned for %,d ms: "
            + "a handler blocks it, or it has failed; the watchdog is not fed until it turns",
            reactor, periodNanos / NANOS_PER_MS));
        late++;
    }

    // ---- the status

    private void tellStatus() {
        if (group.admission().open() == openTold && state() == stateTold) {
            return;
        }
        send(putStatus(message.clear()));
    }

    private NotifyMessage putStatus(NotifyMessage to) {
        openTold = group.admission().open();
        stateTold = state();
        to.put(STATUS).put(openTold).put(OF).put(group.admission().connectionsMax())
            .put(CONNECTIONS);
        return stateTold == null ? to : to.put(stateTold);
    }

    /** Null: all is well. */
    private byte[] state() {
        return group.admission().isStopped() ? STOPPED
            : group.admission().refusal() != null ? REFUSING : null;
    }

    private boolean send(NotifyMessage what) {
        int result = socket.send(what.address(), what.bytes());
        if (result < 0) {
            if (!warned) {
                warn("the service manager at " + address + " is not told: " + Errno.text(result));
            }
            errors++;
            return false;
        }
        sent++;
        return true;
    }

    private void warn(String text) {
        warned = true;
        say("warning: " + text);
    }

    /** A listener that throws must not end the pings. */
    private void say(String line) {
        try {
            onNotice.accept(line);
        } catch (RuntimeException e) {
            LOG.log(Level.ERROR, "onNotice threw at: " + line, e);
        }
    }

    // ---- any thread

    /** Messages that the manager has been sent. */
    long sent() {
        return sent;
    }

    /** Messages that could not be sent, and settings of no use. */
    long errors() {
        return errors;
    }

    /** How often a reactor did not turn in time for a ping. */
    long late() {
        return late;
    }

    /** Says that the server stops; nothing is sent after this. Once. */
    @Override
    public void close() {
        closed = true;
        if (thread == null) {
            release();
            return;
        }
        LockSupport.unpark(thread);
        if (Thread.currentThread() == thread) {
            return; // by onNotice
        }
        try {
            thread.join(MS_JOIN);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
