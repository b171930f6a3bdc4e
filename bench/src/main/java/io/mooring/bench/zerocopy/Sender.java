package io.mooring.bench.zerocopy;

import io.mooring.bench.BenchException;
import io.mooring.frame.SharedFramePool;
import io.mooring.ring.CompletionQueue;
import io.mooring.ring.DirectFiles;
import io.mooring.ring.FixedBuffers;
import io.mooring.ring.KernelRing;
import io.mooring.ring.Ring;
import io.mooring.ring.Sqe;
import io.mooring.sys.Abi;
import io.mooring.sys.Errno;
import io.mooring.sys.KernelFeatures;
import io.mooring.sys.OffHeap;
import io.mooring.sys.SocketAddress;
import java.net.InetSocketAddress;

/**
 * One ring with a connection to each receiver, and frames in registered memory. One thread.
 *
 * <p>A frame is given back when its last send is over: with SEND when enter has returned, with
 * SEND_ZC when the last notification is there.
 */
final class Sender implements AutoCloseable {
    private static final int SUBMISSIONS = 256;
    private static final int COMPLETIONS = 16 << 10;
    private static final long POOL_BYTES = 32 << 20;
    private static final int FRAMES_MAX = 64;
    private static final int SO_SNDBUFFORCE = 32;
    private static final int SEND_ROOM_BYTES = 4 << 20;
    private static final long SET_UP = 1L << 40;
    private static final long REST = 1L << 41;

    private final Ring ring;
    private final SharedFramePool pool = new SharedFramePool(POOL_BYTES);
    private final FixedBuffers buffers;
    private final int receivers;
    private final long scratch = OffHeap.map(OffHeap.PAGE_BYTES);

    // Per frame that is on its way, by number.
    private final long[] address = new long[FRAMES_MAX];
    private final int[] bytes = new int[FRAMES_MAX];
    private final int[] open = new int[FRAMES_MAX];
    private final long[] startNanos = new long[FRAMES_MAX];
    private int framesOpen;

    final Tally tally = new Tally();

    /** Counts since the last {@link #clear}. */
    static final class Tally {
        long deliveries;
        long shorts;
        long notifications;
        long copied;
        long heldNanos;
        long frames;

        void clear() {
            deliveries = 0;
            shorts = 0;
            notifications = 0;
            copied = 0;
            heldNanos = 0;
            frames = 0;
        }
    }

    Sender(KernelFeatures features, int receivers) {
        this.receivers = receivers;
        this.ring = KernelRing.open(features, SUBMISSIONS, COMPLETIONS);
        if (!ring.supports(Abi.OP_SEND_ZC) || !ring.supports(Abi.OP_URING_CMD)) {
            ring.close();
            throw new BenchException("this needs SEND_ZC and socket options by ring: Linux 6.7");
        }
        DirectFiles.register(ring, receivers);
        this.buffers = FixedBuffers.pin(features, pool.address(), pool.bytesMax());
        pool.pin();
        buffers.attach(ring);
    }

    // ---- connections

    void connect(InetSocketAddress to) {
        for (int slot = 0; slot < receivers; slot++) {
            Sqe.prepSocket(ring.sq().next(), slot,
                    to.getAddress().getAddress().length == 4 ? Abi.AF_INET : Abi.AF_INET6,
                    Abi.SOCK_STREAM, SET_UP);
            finish("socket");
            option(slot, Abi.IPPROTO_TCP, Abi.TCP_NODELAY, 1, "TCP_NODELAY");
            option(slot, Abi.SOL_SOCKET, SO_SNDBUFFORCE, SEND_ROOM_BYTES,
                    "SO_SNDBUFFORCE, which needs CAP_NET_ADMIN");
            int length = SocketAddress.write(scratch, to.getAddress(), to.getPort());
            Sqe.prepConnect(ring.sq().next(), slot, scratch, length, SET_UP);
            finish("connect to " + to);
        }
    }

    void disconnect() {
        for (int slot = 0; slot < receivers; slot++) {
            Sqe.prepClose(ring.sq().next(), slot, SET_UP);
            finish("close");
        }
    }

    /** Drops the connections with all that is queued; the notifications come then. */
    void reset() {
        OffHeap.zero(scratch, Abi.SOCKADDR_IN_BYTES);
        for (int slot = 0; slot < receivers; slot++) {
            while (ring.sq().room() == 0) {
                enter(0);
            }
            // connect(2) to AF_UNSPEC
            long sqe = ring.sq().next();
            Sqe.prepConnect(sqe, slot, scratch, Abi.SOCKADDR_IN_BYTES, SET_UP);
            Sqe.silently(sqe);
        }
        enter(0);
    }

    private void option(int slot, int level, int name, int value, String what) {
        OffHeap.putInt(scratch, value);
        Sqe.prepSetOption(ring.sq().next(), slot, level, name, scratch, 4, SET_UP);
        finish(what);
    }

    private void finish(String what) {
        ring.submitAndWait(1, -1);
        CompletionQueue cq = ring.cq();
        while (cq.head() == cq.tail()) {
            ring.submitAndWait(1, -1);
        }
        int result = CompletionQueue.result(cq.at(cq.head()));
        cq.advance();
        cq.release();
        if (result < 0) {
            throw new BenchException(what + ": " + Errno.text(result));
        }
    }

    // ---- frames

    /** Sends one frame of so many bytes to every receiver. */
    void broadcast(Mode mode, int size) {
        int frame = freeFrame();
        address[frame] = pool.take(size, 0);
        if (address[frame] == 0) {
            throw new BenchException("no memory for a frame of " + size + " bytes");
        }
        OffHeap.putLong(address[frame], System.nanoTime()); // encoded anew: the cache has it
        bytes[frame] = size;
        open[frame] = 1;
        startNanos[frame] = System.nanoTime();
        framesOpen++;
        for (int slot = 0; slot < receivers; slot++) {
            while (ring.sq().room() == 0) {
                enter(0);
            }
            long tag = (long) frame << 32 | slot;
            if (mode == Mode.SEND) {
                Sqe.prepSendNow(ring.sq().next(), slot, address[frame], size, tag);
            } else {
                open[frame]++;
                Sqe.prepSendZcFixed(ring.sq().next(), slot, FixedBuffers.INDEX, address[frame],
                        size, Abi.MSG_DONTWAIT | Abi.MSG_WAITALL, true, tag);
            }
        }
        do {
            enter(0);
        } while (ring.sq().pending() != 0);
        tally.deliveries += receivers;
        over(frame);
    }

    /** Waits until no frame is in use. */
    void settle() {
        while (framesOpen > 0) {
            enter(1);
        }
    }

    /** Handles what there is, without waiting. */
    void reap() {
        enter(0);
    }

    private int freeFrame() {
        while (true) {
            for (int frame = 0; frame < FRAMES_MAX; frame++) {
                if (open[frame] == 0) {
                    return frame;
                }
            }
            enter(1);
        }
    }

    private void over(int frame) {
        if (--open[frame] == 0) {
            tally.heldNanos += System.nanoTime() - startNanos[frame];
            tally.frames++;
            framesOpen--;
            pool.give(address[frame]);
        }
    }

    private void enter(int waitFor) {
        ring.submitAndWait(waitFor, -1);
        CompletionQueue cq = ring.cq();
        int tail = cq.tail();
        while (cq.head() != tail) {
            long cqe = cq.at(cq.head());
            long tag = CompletionQueue.userData(cqe);
            int result = CompletionQueue.result(cqe);
            int flags = CompletionQueue.flags(cqe);
            cq.advance();
            on(tag, result, flags);
        }
        cq.release();
    }

    private void on(long tag, int result, int flags) {
        int frame = (int) (tag >> 32) & FRAMES_MAX - 1;
        if (CompletionQueue.isNotification(flags)) {
            tally.notifications++;
            if (CompletionQueue.wasCopied(result)) {
                tally.copied++;
            }
            over(frame);
            return;
        }
        if (result < 0 && result != -Errno.EAGAIN) {
            throw new BenchException("a send failed: " + Errno.text(result));
        }
        if ((tag & REST) == 0 && result < bytes[frame]) {
            rest(frame, (int) tag, Math.max(result, 0));
        } else if ((tag & REST) != 0) {
            over(frame);
        }
    }

    /** A receiver that is behind: the rest waits. */
    private void rest(int frame, int slot, int sent) {
        tally.shorts++;
        open[frame]++;
        while (ring.sq().room() == 0) {
            ring.submitAndWait(0, 0);
        }
        Sqe.prepSendAll(ring.sq().next(), slot, address[frame] + sent, bytes[frame] - sent,
                REST | (long) frame << 32 | slot);
    }

    @Override
    public void close() {
        ring.close();
        buffers.close();
        pool.close();
        OffHeap.unmap(scratch, OffHeap.PAGE_BYTES);
    }
}
