package io.mooring.probe.source;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.locks.LockSupport;

/**
 * What a process holds by its descriptors: sockets, epoll sets, rings. Direct descriptors of rings
 * are in none of /proc/PID/fd: those are found in the rings' fdinfo, which the kernel writes while
 * it holds the ring's lock, so a ring that is busy is asked again, some times. That text is by far
 * the longest part of a report (3 us for a line), so several rings are read at a time.
 */
public final class ProcessHolds {

    private static final int RING_TRIES = 10;
    /** A ring's owner has it for less than that, unless it never sleeps. */
    private static final long RING_BUSY_NANOS = 2_000_000;

    public final int pid;
    /** Its network namespace, as /proc names it; empty: cannot tell. */
    public final String network;
    /** Sockets that have a descriptor. */
    public final IntSet descriptors = new IntSet();
    /** Sockets that lie in a ring's table, by the ring's own word. */
    public final IntSet direct = new IntSet();
    /** Sockets that must lie in a ring's table which does not name them, by elimination. */
    public IntSet derived = new IntSet();
    /** How many of those that may be another process's as well are likely its. */
    public long shared;
    public final List<RingInfo> rings = new ArrayList<>();
    /** Rings that were not read, because there are more than were asked for. */
    public int ringsUnread;
    public int epolls;
    /** Items of its epoll sets that are sockets of interest. */
    public long epollSockets;
    /** All other items: timers, pipes, listeners, sockets that nobody asked about. */
    public long epollOthers;

    private final List<Integer> epollFds = new ArrayList<>();
    private final List<Integer> ringFds = new ArrayList<>();

    private ProcessHolds(int pid, String network) {
        this.pid = pid;
        this.network = network;
    }

    /** Its descriptors alone; what lies in rings and epoll sets is still to be read. */
    public static Reading<ProcessHolds> list(ProcFs files, int pid) {
        ProcessHolds holds = new ProcessHolds(pid, files.network("" + pid));
        String folder = "proc/" + pid + "/fd";
        try (DirectoryStream<Path> links = Files.newDirectoryStream(files.path(folder))) {
            for (Path link : links) {
                holds.sort(link);
            }
        } catch (IOException e) {
            return ProcFs.missing(folder, e);
        }
        return Reading.of(holds);
    }

    private void sort(Path link) {
        try {
            String target = Files.readSymbolicLink(link).toString();
            if (target.startsWith("socket:[")) {
                descriptors.add((int) Long.parseLong(target, 8, target.length() - 1, 10));
            } else if (target.equals("anon_inode:[eventpoll]")) {
                epollFds.add(Integer.parseInt(link.getFileName().toString()));
            } else if (target.equals("anon_inode:[io_uring]")) {
                ringFds.add(Integer.parseInt(link.getFileName().toString()));
            }
        } catch (IOException e) {
            // Closed in between.
        }
    }

    public boolean hasRings() {
        return !ringFds.isEmpty();
    }

    /**
     * Reads its rings, some at a time.
     *
     * @param most so many; the others are counted as unread
     * @param each is called after each of them, by any thread
     */
    public void readRings(ProcFs files, int most, Runnable each) {
        List<Integer> chosen = ringFds.subList(0, Math.min(most, ringFds.size()));
        List<RingInfo> read = chosen.parallelStream().map(fd -> {
            RingInfo ring = ring(files, fd);
            each.run();
            return ring;
        }).filter(Objects::nonNull).toList();
        rings.addAll(read);
        ringsUnread = ringFds.size() - read.size();
    }

    /** Null: it cannot be read. */
    private RingInfo ring(ProcFs files, int fd) {
        RingInfo last = null;
        IntSet inodes = new IntSet();
        for (int i = 0; i < RING_TRIES && (last == null || !last.isWhole()); i++) {
            if (last != null) {
                LockSupport.parkNanos(RING_BUSY_NANOS);
            }
            try (InputStream in = files.stream("proc/" + pid + "/fdinfo/" + fd)) {
                last = RingInfo.read(fd, in, inodes);
            } catch (IOException e) {
                break;
            }
        }
        synchronized (direct) {
            direct.addAll(inodes);
        }
        return last;
    }

    /**
     * Reads its epoll sets.
     *
     * @param interest the sockets asked about; null: all of the process
     */
    public void readEpolls(ProcFs files, IntSet interest) {
        for (int fd : epollFds) {
            try (InputStream in = files.stream("proc/" + pid + "/fdinfo/" + fd)) {
                EpollInfo info = EpollInfo.read(in, interest == null ? descriptors : interest);
                epolls++;
                epollSockets += info.sockets();
                epollOthers += info.others();
            } catch (IOException e) {
                // Closed in between.
            }
        }
    }

    public boolean owns(int inode) {
        return descriptors.contains(inode) || direct.contains(inode) || derived.contains(inode);
    }

    /** Rings for each that was read: what is not known of the others is taken to be alike. */
    public double ringFactor() {
        return rings.isEmpty() ? 1 : (double) (rings.size() + ringsUnread) / rings.size();
    }

    /** Sockets in its rings' tables, named or not; of those that were read. */
    public long directCount() {
        return direct.size() + nameless();
    }

    /** Sockets in its rings' tables of which the kernel does not tell which they are. */
    public long nameless() {
        return rings.stream().mapToLong(RingInfo::nameless).sum();
    }

    public long polls(int operation) {
        return rings.stream().mapToLong(ring -> ring.polls(operation)).sum();
    }

    public long pollsInAll() {
        return rings.stream().mapToLong(RingInfo::pollsInAll).sum();
    }

    public long ringSlots() {
        return rings.stream().mapToLong(RingInfo::slots).sum();
    }

    public long ringFiles() {
        return rings.stream().mapToLong(RingInfo::files).sum();
    }

    /** Rings that never told what lies behind their lock. */
    public long ringsBusy() {
        return rings.stream().filter(ring -> !ring.isWhole()).count();
    }
}
