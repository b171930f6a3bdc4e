package io.mooring.swarm;

/** What the connections are there for. */
public enum Scenario {
    /** To be held. What comes is read and counted. */
    IDLE,
    /** Each sends and wants back exactly that. */
    ECHO,
    /** Each receives what one publisher sends. */
    BROADCAST
}
