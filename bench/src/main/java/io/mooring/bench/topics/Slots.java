package io.mooring.bench.topics;

import io.mooring.conn.ConnectionTable;

/** Slots for all connections, as many shards as a limit of 20,000 files makes necessary. */
final class Slots implements AutoCloseable {

    static final int PER_SHARD = 20_000;

    private final int reactors;
    private final int shards;
    private final ConnectionTable[] tables;

    Slots(int connections, int reactors) {
        this.reactors = reactors;
        this.shards = Math.ceilDiv(Math.ceilDiv(connections, reactors), PER_SHARD);
        this.tables = new ConnectionTable[reactors * shards];
        for (int i = 0; i < tables.length; i++) {
            tables[i] = new ConnectionTable(PER_SHARD);
            for (int slot = 0; slot < PER_SHARD; slot++) {
                tables[i].take();
            }
        }
    }

    int reactors() {
        return reactors;
    }

    /** Of each reactor. */
    int shards() {
        return shards;
    }

    int reactor(int connection) {
        return connection % reactors;
    }

    /** Its place within the reactor. */
    int shard(int connection) {
        return connection / reactors / PER_SHARD;
    }

    int slot(int connection) {
        return connection / reactors % PER_SHARD;
    }

    long at(int connection) {
        return tables[reactor(connection) * shards + shard(connection)].at(slot(connection));
    }

    @Override
    public void close() {
        for (ConnectionTable table : tables) {
            table.close();
        }
    }
}
