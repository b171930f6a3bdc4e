package io.mooring.probe.source;

import java.io.IOException;
import java.io.InputStream;

/**
 * An epoll set, from its fdinfo: a line {@code tfd: 5 events: 1 data: 5 pos:0 ino:61af sdev:9} for
 * each file that it watches; the inode is hexadecimal.
 *
 * @param sockets items whose inode the caller knows as a socket
 * @param others  the rest: timers, pipes, listeners of others
 */
public record EpollInfo(long sockets, long others) {

    static EpollInfo read(InputStream fdinfo, IntSet socketInodes) throws IOException {
        LineReader lines = new LineReader(fdinfo);
        long sockets = 0;
        long others = 0;
        while (lines.next()) {
            if (lines.startsWith("tfd:")) {
                if (socketInodes.contains((int) lines.numberAfter(" ino:", 16))) {
                    sockets++;
                } else {
                    others++;
                }
            }
        }
        return new EpollInfo(sockets, others);
    }
}
