package io.mooring.bench.topics;

/** One way to keep subscriptions, over connections numbered from 0. */
interface Side extends AutoCloseable {

    void join(int connection, String name);

    void leave(int connection, String name);

    /** The connection closes. */
    void leaveAll(int connection);

    /** Visits every subscriber of a topic; how many there were. */
    int walk(String name);

    /** Bytes for all subscriptions, beyond four in each connection's slot. */
    long bytes();

    @Override
    void close();
}
