package io.mooring.reactor;

/**
 * What publishing is bound by.
 *
 * @param frameBytesMax memory of frames in flight; mapped at start, touched by use
 * @param slow what a topic does with receivers that are behind
 * @param pace how fast frames go to the kernel
 * @param zeroCopyFrom bytes, header included, from which on a frame is not copied; 0: all are
 */
public record PublishConfig(long frameBytesMax, SlowReceiverRules slow, Pace pace,
    int zeroCopyFrom) {
}
