package io.mooring.reactor;

import io.mooring.ws.OriginPolicy;

/**
 * What a reactor is told at start.
 *
 * @param slotsMax direct descriptors of this reactor, over all its shards
 * @param slotsPerShardMax what one ring's table may hold: RLIMIT_NOFILE
 * @param submissionEntries of each ring, a power of two
 * @param completionEntries of each ring, a power of two
 * @param receiveBuffers of each shard, a power of two
 * @param receiveBufferBytes of one
 * @param spillBytesMax bound on partial messages and unsent output
 * @param messageBytesMax of one message, fragments joined
 * @param headBytesMax of a request head
 * @param handshakeTimeoutMs from accept to the end of the request, its body included
 * @param idleTimeoutMs 0: never; half of it without a sign of life brings a ping, all of it the end
 * @param closeTimeoutMs for the peer's part of a close
 * @param arming how connections wait
 * @param answerTimeoutMs for a handler to answer a POST
 * @param origins whose pages' requests are acted on
 */
public record ReactorConfig(int slotsMax, int slotsPerShardMax, int submissionEntries,
    int completionEntries, int receiveBuffers, int receiveBufferBytes, long spillBytesMax,
    int messageBytesMax, int headBytesMax, int handshakeTimeoutMs, int idleTimeoutMs,
    int closeTimeoutMs, Arming arming, int answerTimeoutMs, OriginPolicy origins) {

    private static final int STAGED_SENDS_OF_MANY = 1024;

    /** How many rings a reactor needs for its slots. */
    public int shards() {
        return Math.ceilDiv(slotsMax, slotsPerShardMax);
    }

    /**
     * Staged sends that a shard may have, a power of two. A shard that is the only one never has to
     * stop for want of them: between two seals at most a full completion queue is handled, each
     * entry staging one send at most, and one submission queue's worth on either side. One of many
     * has fewer, or they would cost more than its ring. Twice what {@link #answersMax} keeps at
     * the least.
     */
    public int stagedSends() {
        int wanted = shards() > 1 ? STAGED_SENDS_OF_MANY
            : completionEntries + 2 * submissionEntries;
        int least = 2 * (answersMax() + 2 * Shard.ROOM_MIN);
        return Integer.highestOneBit(2 * Math.max(wanted, least) - 1);
    }

    /**
     * Sends that the completions of one enter may cause: an answer for each receive buffer and for
     * each accept. So many records are kept for them, or a shard could come to a stop for ever:
     * what is staged is settled once all those completions are read, and they are read while there
     * is a record.
     */
    int answersMax() {
        return receiveBuffers + Acceptor.ACCEPTS;
    }

    /** Topics that one connection may have joined; {@code subscribe} of one more is false. */
    public int topicsPerConnectionMax() {
        return 1024;
    }

    /**
     * Bound on a reactor's sets of subscribers and lists of topics: what its connections need for
     * some ten topics each of ten subscribers, and a lump for the few that join a thousand.
     */
    public long topicBytesMax() {
        return (8L << 20) + 128L * slotsMax;
    }

    /** Bound on topics at once, of the whole server: two for each connection and a lump. */
    public int topicsMax(int reactors) {
        return (int) Math.min((1 << 16) + 2L * slotsMax * reactors, 1 << 28);
    }

    /** Bound on the memory of their names, of the whole server. */
    public long topicNameBytesMax(int reactors) {
        return 32L * topicsMax(reactors);
    }

    /** Bound on all memory of topics, of the whole server: a name has 20 B beside its letters. */
    public long topicMemoryMax(int reactors) {
        return reactors * topicBytesMax() + topicNameBytesMax(reactors) + 20L * topicsMax(reactors);
    }

    /**
     * Unsent output, in bytes, from which on a connection is not read: what it sends back cannot
     * pile up.
     */
    int pauseBytes() {
        return 64 * 1024;
    }

    /**
     * Unsent output past which a message from elsewhere is refused: a frame of a topic, a message
     * of another connection's handler.
     */
    int sendBytesMax() {
        return pauseBytes() + messageBytesMax;
    }

    /**
     * Unsent output past which a connection's answer to itself is refused. When reading pauses, one
     * message may be half received and every receive buffer be filled already, by a multishot
     * receive whose cancel comes too late; what comes back of those must fit.
     */
    int echoBytesMax() {
        long most = sendBytesMax() + (long) receiveBuffers * receiveBufferBytes;
        return (int) Math.min(most, Integer.MAX_VALUE);
    }
}
