package io.mooring.kernel.plan;

import io.mooring.memory.SendPace;

/**
 * What tcp_mem is asked for, in bytes of whole pages.
 *
 * @param chargedEach  for one receiver that is behind by one such frame
 * @param unpaced      one frame to each, none of them acknowledged
 * @param paced        the same as the server paces it
 * @param deaf         connections that never read, one in a hundred
 * @param deafBytes    if their send buffers fill up, which pacing bounds
 * @param pressure     from there on the kernel trims
 */
record TcpNeed(long chargedEach, long unpaced, long paced, long deaf, long deafBytes,
        long pressure) {

    private static final int DEAF_PART = 100;

    static TcpNeed of(long connections, int frameBytes, Target target) {
        long pressure = target.tcpPressure().value();
        long each = SendPace.chargedBytes(frameBytes, target.page());
        long unpaced = connections * each;
        long deaf = connections / DEAF_PART;
        long most = SendPace.trickleFrom(pressure);
        return new TcpNeed(each, unpaced, Math.min(unpaced, SendPace.growthMaxOf(pressure)), deaf,
                Math.min(most, deaf * target.sendBufferMax().value()), pressure);
    }

    /** Frames on their way at once, at most. */
    long pacedFrames() {
        return paced / chargedEach;
    }

    /** Receivers that may be behind by one frame before the pressure mark is reached. */
    long behindMax() {
        return pressure == Known.NO_LIMIT ? Known.NO_LIMIT : pressure / chargedEach;
    }
}
