package io.mooring.api;

/**
 * What became of one published message, exactly: each subscriber at the time when it was its turn
 * is in one of the four counts that follow {@code subscribers}.
 *
 * @param subscribers of the topic, without the connection that was left out
 * @param delivered the frame is with the kernel, whole
 * @param queued the receiver is behind: the frame, or the rest of it, waits for it in the server
 * @param dropped the receiver is behind, and does not get this frame ({@link SlowReceivers})
 * @param closed the receiver was closing, failed, or was closed for being behind
 * @param evicted older frames of the topic that were dropped from receivers' backlogs to make room
 *     for this one; counted as queued in their own delivery
 */
public record Delivery(long subscribers, long delivered, long queued, long dropped, long closed,
    long evicted) {
}
