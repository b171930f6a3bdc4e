package io.mooring.probe;

/** Is told, now and then, how far a report is; by any thread. */
public interface Progress {

    /** Tells nobody. */
    Progress NONE = what -> { };

    /** @param what such as {@code 350,000 sockets} */
    void at(String what);
}
