package io.mooring.server;

import io.mooring.memory.SendPace;
import io.mooring.reactor.Pace;

/** Lets the reactors send published frames as the machine's memory and the link allow. */
record TcpPace(SendPace pace) implements Pace, AutoCloseable {
    @Override
    public int take(int frames, int frameBytes) {
        return pace.take(frames, frameBytes);
    }

    @Override
    public void giveBack(int frames, int frameBytes) {
        pace.giveBack(frames, frameBytes);
    }

    @Override
    public void close() {
        pace.close();
    }
}
