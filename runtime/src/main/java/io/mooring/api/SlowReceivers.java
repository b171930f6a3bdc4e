package io.mooring.api;

/**
 * What a topic does with a receiver that is behind: one whose socket takes no more while earlier
 * output of its waits. Up to the limits a frame waits with it, in memory of the server; past them
 * the policy decides. Whatever it does, a receiver gets each frame whole and in order, or not at
 * all.
 *
 * @param framesMax topic frames that may wait for one receiver, 1 to 60,000
 * @param bytesMax bytes of them; one frame may always wait, however large
 */
public record SlowReceivers(Policy policy, int framesMax, int bytesMax) {
    public static final int FRAMES_DEFAULT = 1024;
    public static final int BYTES_DEFAULT = 128 * 1024;

    private static final int FRAMES_MOST = 60_000;

    /** What happens at the limits. */
    public enum Policy {
        /** The new frame is dropped for this receiver. */
        DROP_NEWEST,
        /** The topic's oldest waiting frames are dropped until the new one fits. */
        DROP_OLDEST,
        /** At most one frame of the topic waits, the newest. */
        LATEST,
        /** The receiver is closed, with code 1013. */
        CLOSE
    }

    public SlowReceivers {
        if (framesMax < 1 || framesMax > FRAMES_MOST || bytesMax < 1) {
            throw new IllegalArgumentException("slowReceivers: " + framesMax + " frames, "
                + bytesMax + " bytes: choose 1 to " + FRAMES_MOST + " frames, 1 or more bytes");
        }
    }

    /** With 1,024 frames and 128 KiB. */
    public static SlowReceivers of(Policy policy) {
        return new SlowReceivers(policy, FRAMES_DEFAULT, BYTES_DEFAULT);
    }
}
