package io.mooring.memory;

/**
 * What is to be done with new connections.
 *
 * @param cause null: ADMIT
 * @param text one line: the figures and what would change them
 */
public record Verdict(Level level, Cause cause, String text) {
}
