package io.mooring.reactor;

import io.mooring.api.Routes;
import io.mooring.conn.FrameBudget;
import io.mooring.conn.IdleWheel;
import io.mooring.conn.SpillPool;
import io.mooring.ring.Engine;
import io.mooring.ring.RingSignals;
import io.mooring.ring.Sqe;
import io.mooring.ring.UserData;
import io.mooring.sys.Abi;
import io.mooring.topic.Topics;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ThreadFactory;

/**
 * One thread that does everything for its connections, in {@link #turn}: submit and wait,
 * completions, mailbox, broadcasts, deadlines; each of them bounded, so that none starves another.
 *
 * <p>It has as many {@link Shard}s as RLIMIT_NOFILE makes necessary, mostly one. It sleeps in the
 * first one's ring; the others, and the mailbox, wake it by an eventfd on which that ring has a
 * poll. A turn looks once at each of the others' queues (four words of shared memory, no system
 * call), and does nothing more for those without work: they are not <i>awake</i>. While it is awake
 * itself, the others signal nothing.
 */
public final class Reactor {
    private static final Logger LOG = System.getLogger("io.mooring");
    private static final int MAILBOX = 4096;
    private static final int COMMANDS_PER_TURN = 64;
    private static final int BROADCASTS_PER_TURN = 1024;
    private static final long NANOS_PER_MS = 1_000_000L;
    private static final int TRIM_TICKS = 2_000 / IdleWheel.TICK_MS;

    final ReactorGroup group;
    final ReactorConfig config;
    final Routes routes;
    final Listener listener;
    final Admission admission;
    final Counters counters = new Counters();
    private final Gauges gauges = new Gauges();
    final ReactorConnections connections = new ReactorConnections(this);
    final Broadcaster broadcaster = new Broadcaster(this);
    final HttpExchanges exchanges = new HttpExchanges(this);
    private final Farewell farewell = new Farewell(this);
    final SpillPool spill;
    /** Published frames in it that wait for receivers: half of it at most. */
    final FrameBudget backlog;
    final Topics topics;
    final Shard[] shards;

    /** The shards that this turn is for: the first one always, and those with work. */
    private final Shard[] awake;
    private int awakeCount;
    /** Of the first shard with a free slot; null: all are full, or the reactor is stopping. */
    private Acceptor accepting;

    private final int firstShard;
    private final Engine engine;
    final Mailbox mailbox = new Mailbox(MAILBOX);
    private final RingSignals signals = new RingSignals(mailbox.eventFd());
    /** Published messages on their way here; bounded by the memory that frames may take. */
    private final ConcurrentLinkedQueue<Broadcast> inbox = new ConcurrentLinkedQueue<>();
    private final CompletableFuture<Void> started = new CompletableFuture<>();
    private final CompletableFuture<Boolean> ended = new CompletableFuture<>();

    private int nowTick = readTick();
    private int trimTick;
    private Thread thread;

    Reactor(ReactorGroup group, int firstShard, ReactorConfig config, Engine engine,
        Routes routes, Listener listener, Admission admission) {
        this.group = group;
        this.firstShard = firstShard;
        this.config = config;
        this.engine = engine;
        this.routes = routes;
        this.listener = listener;
        this.admission = admission;
        this.spill = new SpillPool(config.spillBytesMax(), admission::isStopped);
        this.backlog = new FrameBudget(config.spillBytesMax() / 2);
        this.shards = new Shard[config.shards()];
        this.awake = new Shard[shards.length];
        this.topics = new Topics(group.names, shards.length, slotsPerShard(),
            config.topicsPerConnectionMax(), config.topicBytesMax(), admission::isStopped);
    }

    // ---- the loop

    private boolean turn() {
        submitAndWait();
        boolean ticked = readTime();
        for (int i = 0; i < awakeCount; i++) {
            awake[i].drain();
        }
        runCommands();
        takeBroadcasts();
        broadcaster.turn();
        for (int i = 0; i < awakeCount; i++) {
            awake[i].settle();
        }
        keepDeadlines(ticked);
        if (farewell.hasBegun()) {
            return !farewell.isOver();
        }
        accept();
        trim();
        return true;
    }

    private void submitAndWait() {
        awakeCount = 0;
        wake(shards[0]);
        boolean busy = enterOthers() || isBusy();
        long timeoutNanos = busy ? 0 : timeoutNanos();
        if (timeoutNanos != 0 && mailbox.trySleep(inbox)) {
            gauges.publish(this);
            if (signals.sleepIn(shards[0], timeoutNanos)) {
                counters.increment(Counter.SIGNALS_MISSED);
            }
            mailbox.awake();
            enterOthers();
        } else {
            shards[0].enter(0, 0);
        }
        for (int i = 0; i < awakeCount; i++) {
            awake[i].awake = false; // so that the next turn looks at it anew
        }
    }

    private void wake(Shard shard) {
        shard.awake = true;
        awake[awakeCount++] = shard;
    }

    /**
     * Enters those of the other rings that have work and were not entered yet in this turn. Whether
     * one of them has more to do, which the next turn must not sleep over: work that the kernel
     * leaves for the next enter signals no eventfd.
     */
    private boolean enterOthers() {
        boolean busy = false;
        for (int i = 1; i < shards.length; i++) {
            Shard shard = shards[i];
            if (!shard.awake && shard.needsTurn()) {
                shard.enter(0, 0);
                wake(shard);
                signals.hadWork();
                busy |= shard.needsTurn();
            }
        }
        return busy;
    }

    private boolean isBusy() {
        return shards[0].isBusy() || broadcaster.isBusy() || farewell.hasMore()
            || accepting != null && accepting.isDue(nowTick);
    }

    /** Whether a new tick has begun since the last turn. */
    private boolean readTime() {
        int before = nowTick;
        nowTick = readTick();
        if (nowTick == before) {
            return false;
        }
        for (Shard shard : shards) {
            shard.wheel.catchUp(nowTick);
        }
        return true;
    }

    private void keepDeadlines(boolean ticked) {
        for (Shard shard : shards) {
            if (ticked || shard.deadlines.hasMore()) {
                shard.deadlines.turn(nowTick);
            }
        }
    }

    private void runCommands() {
        for (int i = 0; i < COMMANDS_PER_TURN && haveRoom(); i++) {
            Mailbox.Command command = mailbox.poll();
            if (command == null) {
                return;
            }
            run(command);
        }
    }

    /**
     * What is posted is checked where it is posted; a defect there must not take the reactor along.
     */
    private void run(Mailbox.Command command) {
        try {
            command.run(this);
        } catch (RuntimeException | Error e) {
            LOG.log(Level.ERROR, "a command threw", e);
            counters.increment(Counter.HANDLER_ERRORS);
        }
    }

    private void takeBroadcasts() {
        for (int i = 0; i < BROADCASTS_PER_TURN; i++) {
            Broadcast broadcast = inbox.poll();
            if (broadcast == null) {
                return;
            }
            broadcaster.add(broadcast);
        }
    }

    private boolean haveRoom() {
        boolean room = true;
        for (Shard shard : shards) {
            room &= shard.hasRoomToSpare();
        }
        return room;
    }

    /** The first shard with a free slot takes what comes; the others keep what they have. */
    private void accept() {
        accepting = null;
        for (Shard shard : shards) {
            if (shard.acceptor.hasSlot()) {
                accepting = shard.acceptor;
                accepting.post(nowTick);
                return;
            }
        }
    }

    private void trim() {
        if (nowTick - trimTick >= TRIM_TICKS) {
            trimTick = nowTick;
            spill.trim();
            group.frames().trim(System.nanoTime());
            topics.trim();
            group.names.trim();
            for (Shard shard : shards) {
                shard.trim();
            }
            gauges.publish(this);
            gauges.publishTouched(this);
        }
    }

    private boolean needsTrim() {
        boolean needed = spill.mappedBytes() > 0 || group.frames().needsTrim()
            || topics.needsTrim();
        for (Shard shard : shards) {
            needed |= shard.needsTrim();
        }
        return needed;
    }

    /** Until the next deadline: 0, it has come; -1, there is none. */
    private long timeoutNanos() {
        int ticks = -1;
        for (Shard shard : shards) {
            ticks = earlier(ticks, shard.wheel.ticksToNext(nowTick));
        }
        if (accepting != null) {
            ticks = earlier(ticks, accepting.ticksToRetry(nowTick));
        }
        if (broadcaster.holdsPublishers() || broadcaster.isPaced()) {
            return NANOS_PER_MS; // what they wait for ends elsewhere, and nobody tells
        }
        if (needsTrim()) {
            ticks = earlier(ticks, TRIM_TICKS);
        }
        if (farewell.hasBegun()) {
            ticks = earlier(ticks, 1);
        }
        return ticks < 0 ? -1 : ticks * IdleWheel.TICK_MS * NANOS_PER_MS;
    }

    private static int earlier(int ticks, int other) {
        return ticks < 0 ? other : other < 0 ? ticks : Math.min(ticks, other);
    }

    private static int readTick() {
        return (int) (System.nanoTime() / (IdleWheel.TICK_MS * NANOS_PER_MS));
    }

    /** The time at the start of this turn, in ticks of {@link IdleWheel#TICK_MS}. */
    int nowTick() {
        return nowTick;
    }

    // ---- waking

    private void armWakeUp() {
        Sqe.prepPollFd(shards[0].sq.next(), mailbox.eventFd(), Abi.POLLIN,
            UserData.pack(Op.WAKE, 0, 0));
    }

    /** Emptied before it is armed again, so that what comes in between fires it at once. */
    void onWakeUp() {
        mailbox.drainWakeUps();
        armWakeUp();
    }

    /**
     * Any thread: has a command run by this reactor. False, and counted, if its mailbox is full.
     */
    boolean post(Mailbox.Command command) {
        if (mailbox.post(command)) {
            return true;
        }
        group.countMailboxFull();
        return false;
    }

    /** Any thread: has this reactor's subscribers sent to, once {@link #onEnqueued} is called. */
    void enqueue(Broadcast broadcast) {
        inbox.add(broadcast);
    }

    /** Any thread, without a lock: what comes after the reactor's end is let go of here. */
    void onEnqueued() {
        mailbox.wake();
        if (mailbox.isClosed()) {
            releaseInbox();
        }
    }

    private void releaseInbox() {
        for (Broadcast late = inbox.poll(); late != null; late = inbox.poll()) {
            late.walked();
        }
    }

    // ---- start and stop

    void start(ThreadFactory threads) {
        thread = threads.newThread(this::run);
        thread.start();
        try {
            started.join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof RuntimeException cause ? cause : e;
        }
    }

    private void run() {
        try {
            setUp();
            started.complete(null);
        } catch (Throwable e) {
            closeShards();
            started.completeExceptionally(e);
            ended.complete(true);
            return;
        }
        boolean clean = false;
        Throwable failure = null;
        try {
            while (turn()) {
                counters.increment(Counter.TURNS);
            }
            clean = left() == 0;
        } catch (Throwable e) {
            LOG.log(Level.ERROR, "a reactor has failed; its connections are cut", e);
            failure = e;
        }
        try {
            abandon();
            gauges.publish(this);
        } finally {
            endWith(clean);
        }
        if (failure != null) {
            group.onReactorFailed(failure);
        }
    }

    private void endWith(boolean clean) {
        try {
            closeShards();
        } finally {
            ended.complete(clean);
        }
    }

    private void setUp() {
        for (int i = 0; i < shards.length; i++) {
            shards[i] = new Shard(this, firstShard + i, i, slotsPerShard(), engine);
            if (i > 0) {
                signals.add(shards[i].ring);
            }
        }
        gauges.publishMapped(Holdings.of(this));
        gauges.publishTouched(this);
        armWakeUp();
        accept();
    }

    private int slotsPerShard() {
        return Math.ceilDiv(config.slotsMax(), shards.length);
    }

    /** What is left when the time is up: the last commands, broadcasts, and connections. */
    private void abandon() {
        for (Shard shard : shards) {
            shard.abandon();
        }
        mailbox.close();
        for (Mailbox.Command late = mailbox.poll(); late != null; late = mailbox.poll()) {
            try {
                late.run(this);
            } catch (RuntimeException | Error e) {
                // What it was for is gone; it has given back what it holds.
            }
        }
        broadcaster.abandon();
        releaseInbox();
    }

    private void closeShards() {
        for (Shard shard : shards) {
            if (shard != null) {
                shard.close();
            }
        }
        spill.close();
        topics.close();
    }

    /** Any thread. */
    void stop(int drainMs) {
        long deadline = System.nanoTime() + drainMs * NANOS_PER_MS;
        while (!mailbox.post(reactor -> reactor.beginStop(deadline)) && !ended.isDone()) {
            Thread.onSpinWait(); // the mailbox is full; it is being emptied
        }
    }

    private void beginStop(long deadlineNanos) {
        accepting = null;
        farewell.begin(deadlineNanos);
    }

    /** Slots that are not free. */
    int left() {
        int left = 0;
        for (Shard shard : shards) {
            left += shard.table.inUse();
        }
        return left;
    }

    /** Whether the caller is this reactor, at work. */
    boolean isCaller() {
        return Thread.currentThread() == thread && !ended.isDone();
    }

    /** Waits for the end; whether every connection had ended by itself. */
    boolean await() {
        return ended.join();
    }

    // ---- for others

    boolean owns(int shard) {
        return shard >= firstShard && shard < firstShard + shards.length;
    }

    /** Handlers' view of connections is for the reactor's own thread, and ends with it. */
    void checkCaller() {
        if (Thread.currentThread() != thread || mailbox.isClosed()) {
            throw new IllegalStateException("Connections is for the calls of a handler, on its "
                + "reactor's thread; from others use WebSocketServer's methods");
        }
    }

    /** This reactor's shard of that connection, or null. Its own thread only. */
    Shard shardOf(long connection) {
        checkCaller();
        int shard = ConnectionId.shard(connection);
        return owns(shard) ? shards[shard - firstShard] : null;
    }

    public Counters counters() {
        return counters;
    }

    public Gauges gauges() {
        return gauges;
    }
}
