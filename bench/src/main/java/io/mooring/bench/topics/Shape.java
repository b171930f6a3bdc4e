package io.mooring.bench.topics;

/**
 * Who has joined what: so many topics, and connections in so many of them each. Members of a topic
 * are as far apart as can be.
 */
record Shape(String name, int connections, int topics, int topicsEach) {

    long subscriptions() {
        return (long) connections * topicsEach;
    }

    /** The topic that a connection joins as its {@code turn}th; each turn has topics of its own. */
    int topic(int connection, int turn) {
        int each = topics / topicsEach;
        return turn * each + connection % each;
    }

    /** Names as they are given in the field: a word and a number. Made anew at each call. */
    String[] names() {
        String[] names = new String[topics];
        for (int i = 0; i < topics; i++) {
            names[i] = "room-" + i;
        }
        return names;
    }
}
