package io.mooring.bench.matrix;

/** What to give {@code --peer} for a {@link TestPeer}. */
public final class PeerCommand {

    private PeerCommand() {
    }

    /** One that may be compared. */
    public static String good() {
        return wrong("none");
    }

    /** One with a fault. */
    public static String wrong(String fault) {
        return TestPeer.command(fault);
    }
}
