package io.mooring.server;

import java.util.ArrayList;
import java.util.List;

/**
 * One case of the conformance table: what a client sends and the exact frames it must get.
 *
 * @param id as the public Autobahn fuzzing client numbers it; with an x where the table has more
 *     than that one
 * @param sent without the closing handshake of a case that the server does not end
 * @param late what follows the client's Close frame, against section 5.5.1: what comes while the
 *     server has not closed is dropped, what comes after that is reset
 * @param expected the last one is a Close frame if the server is to end the connection
 */
record ConformanceCase(String id, String what, byte[] sent, byte[] late, List<Frame> expected) {
    static final int CLOSE_CODE = 1000;

    /** Collects cases; the table reads top to bottom. */
    static final class Table {
        private final List<ConformanceCase> cases = new ArrayList<>();

        Table add(String id, String what, byte[] sent, Frame... expected) {
            return addLate(id, what, sent, new byte[0], expected);
        }

        Table addLate(String id, String what, byte[] sent, byte[] late, Frame... expected) {
            cases.add(new ConformanceCase(id, what, sent, late, List.of(expected)));
            return this;
        }

        List<ConformanceCase> cases() {
            return cases;
        }
    }

    boolean endedByServer() {
        return !expected.isEmpty() && expected.getLast().isClose();
    }

    /**
     * What is sent but for what is late; ends in a closing handshake, unless the server has ended
     * the connection by then.
     */
    byte[] script() {
        return endedByServer() ? sent : Wire.join(sent, Wire.close(CLOSE_CODE));
    }

    Frame[] answers() {
        List<Frame> answers = new ArrayList<>(expected);
        if (!endedByServer()) {
            answers.add(Frame.close(CLOSE_CODE));
        }
        return answers.toArray(Frame[]::new);
    }

    String title() {
        return id + " " + what;
    }
}
