package io.mooring.bench.matrix;

import java.util.List;
import java.util.Map;

/**
 * A question to servers. Its options are picocli's, on the fields of the class that asks it; each
 * has a default, and {@link #quick} says what replaces them where there is little time.
 */
public interface Scenario {

    /** As on the command line: echo-rate. */
    String name();

    /** What it measures, in a sentence or two. */
    String question();

    /** What is asked each engine in turn; different variants are never compared. */
    List<String> variants();

    /** What it measures, the one that tells most first; ratios are of those that have a better. */
    List<Metric> metrics();

    /** Arguments of {@code --quick}. */
    List<String> quick();

    /** The options as they are. */
    Map<String, Object> options();

    /** What is wrong with the options, in a line that names the fix; null: nothing. */
    String refusal();

    /** Measured in turn with the engines, because their figures are relative to it. */
    default List<String> references() {
        return List.of();
    }

    /** Starts what of {@code engine} stays up for the whole scenario, warm. */
    Subject open(String engine, Bench bench);

    /** An engine that can be measured, again and again. */
    interface Subject extends AutoCloseable {

        /** One round of one variant, while all others are silent. */
        Row measure(String variant, int round);

        /** Ends all its processes. */
        @Override
        void close();
    }
}
