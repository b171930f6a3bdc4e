package io.mooring.server;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Numbers for topic names, so that a connection can hold one in its 64 bits; counted, and forgotten
 * with the last.
 */
final class TopicNames {
    private static final class Entry {
        final String name;
        final int number;
        int holders;

        Entry(String name, int number) {
            this.name = name;
            this.number = number;
        }
    }

    private final Map<String, Entry> byName = new HashMap<>();
    private final List<Entry> byNumber = new ArrayList<>();
    private final ArrayDeque<Integer> free = new ArrayDeque<>();

    /** The name's number, from 1; to be released as often. */
    synchronized int hold(String name) {
        Entry entry = byName.get(name);
        if (entry == null) {
            Integer reused = free.poll();
            entry = new Entry(name, reused == null ? byNumber.size() + 1 : reused);
            byName.put(name, entry);
            if (reused == null) {
                byNumber.add(entry);
            } else {
                byNumber.set(reused - 1, entry);
            }
        }
        entry.holders++;
        return entry.number;
    }

    synchronized String name(int number) {
        return byNumber.get(number - 1).name;
    }

    synchronized void release(int number) {
        Entry entry = byNumber.get(number - 1);
        if (--entry.holders == 0) {
            byName.remove(entry.name);
            byNumber.set(number - 1, null);
            free.add(number);
        }
    }

    synchronized int count() {
        return byName.size();
    }
}
