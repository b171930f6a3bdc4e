package io.mooring.swarm;

import io.mooring.ring.CompletionQueue;
import io.mooring.ring.DirectFiles;
import io.mooring.ring.Engine;
import io.mooring.ring.Ring;
import io.mooring.ring.Sqe;
import io.mooring.sys.Abi;
import io.mooring.sys.OffHeap;

/**
 * What this kernel can do with a socket in a ring that came after the oldest one it runs on.
 *
 * @param options setsockopt (6.7)
 * @param bind bind (6.11), and the option without which each port could be used once only
 */
record SocketOps(boolean options, boolean bind) {
    /** Tries the kernel. */
    static SocketOps probe(Engine engine) {
        try (Ring ring = engine.open(4, 4)) {
            boolean options = ring.supports(Abi.OP_SOCKET) && ring.supports(Abi.OP_URING_CMD)
                && canSetOptions(ring);
            return new SocketOps(options, options && ring.supports(Abi.OP_BIND));
        }
    }

    /** By trial: the operation is older than its command, which no probe lists. */
    private static boolean canSetOptions(Ring ring) {
        DirectFiles.register(ring, 1);
        long one = OffHeap.map(Integer.BYTES);
        try {
            OffHeap.putInt(one, 1);
            Sqe.prepSocket(ring.sq().next(), 0, Abi.AF_INET, Abi.SOCK_STREAM, 0);
            if (await(ring) < 0) {
                return false;
            }
            Sqe.prepSetOption(ring.sq().next(), 0, Abi.IPPROTO_TCP, Abi.TCP_NODELAY, one,
                Integer.BYTES, 0);
            return await(ring) >= 0;
        } finally {
            OffHeap.unmap(one, Integer.BYTES);
        }
    }

    /** Neither operation waits for anything: what is not there after one wait is refused. */
    private static int await(Ring ring) {
        CompletionQueue cq = ring.cq();
        int result = ring.submitAndWait(1, -1);
        if (result < 0 || cq.head() == cq.tail()) {
            return -1;
        }
        result = CompletionQueue.result(cq.at(cq.head()));
        cq.advance();
        cq.release();
        return result;
    }
}
