package io.mooring.reactor;

/**
 * How fast published frames may go to the kernel: what waits there for receivers takes its memory,
 * and a link takes its time. Any thread.
 */
public interface Pace {
    /** No bound. */
    Pace FREE = new Pace() {
        @Override
        public int take(int frames, int frameBytes) {
            return frames;
        }

        @Override
        public void giveBack(int frames, int frameBytes) {
        }
    };

    /**
     * How many frames may go now, at most {@code frames}; 0: none, ask again in a millisecond.
     *
     * @param frameBytes of each, header and payload
     */
    int take(int frames, int frameBytes);

    /** So many of those did not go after all. */
    void giveBack(int frames, int frameBytes);
}
