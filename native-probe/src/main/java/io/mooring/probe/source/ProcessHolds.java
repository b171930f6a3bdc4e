package io.mooring.probe.source;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * What a process holds by its descriptors: sockets, epoll sets, rings. Direct descriptors of rings
 * are in none of /proc/PID/fd: those are found in the rings' fdinfo, which the kernel writes while
 * it holds the ring's lock, so a ring that is busy is asked again, some times.
 */
public final class ProcessHolds {

    private static final int RING_TRIES = 5;

    public final int pid;
    /** Sockets that have a descriptor. */
    public final IntSet descriptors = new IntSet();
    /** Sockets that lie in a ring's table. */
    public final IntSet direct = new IntSet();
    public final List<RingInfo> rings = new ArrayList<>();
    /** Rings that were not read, because there are more than were asked for. */
    public int ringsUnread;
    public int epolls;
    /** Items of its epoll sets that are sockets of interest. */
    public long epollSockets;
    /** All other items: timers, pipes, listeners, sockets that nobody asked about. */
    public long epollOthers;

    private ProcessHolds(int pid) {
        this.pid = pid;
    }

    /**
     * Reads all of it.
     *
     * @param interest the sockets asked about; null: all of the process
     * @param ringsMax of so many rings; the others are counted as unread
     */
    public static Reading<ProcessHolds> read(ProcFs files, int pid, IntSet interest,
            int ringsMax) {
        ProcessHolds holds = new ProcessHolds(pid);
        List<Integer> epolls = new ArrayList<>();
        List<Integer> rings = new ArrayList<>();
        String folder = "proc/" + pid + "/fd";
        try (DirectoryStream<Path> links = Files.newDirectoryStream(files.path(folder))) {
            for (Path link : links) {
                holds.sort(link, epolls, rings);
            }
        } catch (IOException e) {
            return ProcFs.missing(folder, e);
        }
        holds.readRings(files, rings, ringsMax);
        holds.readEpolls(files, epolls, interest == null ? holds.descriptors : interest);
        return Reading.of(holds);
    }

    private void sort(Path link, List<Integer> epolls, List<Integer> rings) {
        try {
            String target = Files.readSymbolicLink(link).toString();
            if (target.startsWith("socket:[")) {
                descriptors.add((int) Long.parseLong(target, 8, target.length() - 1, 10));
            } else if (target.equals("anon_inode:[eventpoll]")) {
                epolls.add(Integer.parseInt(link.getFileName().toString()));
            } else if (target.equals("anon_inode:[io_uring]")) {
                rings.add(Integer.parseInt(link.getFileName().toString()));
            }
        } catch (IOException e) {
            // Closed in between.
        }
    }

    private void readRings(ProcFs files, List<Integer> fds, int ringsMax) {
        for (int fd : fds) {
            if (rings.size() == ringsMax) {
                ringsUnread++;
                continue;
            }
            RingInfo last = null;
            for (int i = 0; i < RING_TRIES && (last == null || !last.isWhole()); i++) {
                try (InputStream in = files.stream("proc/" + pid + "/fdinfo/" + fd)) {
                    last = RingInfo.read(fd, in, direct);
                } catch (IOException e) {
                    break;
                }
            }
            if (last == null) {
                ringsUnread++;
            } else {
                rings.add(last);
            }
        }
    }

    private void readEpolls(ProcFs files, List<Integer> fds, IntSet interest) {
        for (int fd : fds) {
            try (InputStream in = files.stream("proc/" + pid + "/fdinfo/" + fd)) {
                EpollInfo info = EpollInfo.read(in, interest);
                epolls++;
                epollSockets += info.sockets();
                epollOthers += info.others();
            } catch (IOException e) {
                // Closed in between.
            }
        }
    }

    public boolean owns(int inode) {
        return descriptors.contains(inode) || direct.contains(inode);
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
