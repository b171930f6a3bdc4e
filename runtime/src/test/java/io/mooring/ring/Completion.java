package io.mooring.ring;

/** A completion, copied out of the queue. */
record Completion(long userData, int result, int flags) {
    boolean more() {
        return CompletionQueue.more(flags);
    }

    /** The provided buffer, or -1. */
    int buffer() {
        return CompletionQueue.buffer(flags);
    }
}
