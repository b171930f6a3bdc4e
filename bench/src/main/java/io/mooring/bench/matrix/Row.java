package io.mooring.bench.matrix;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.HdrHistogram.Histogram;

/** One engine's figures of one variant of a scenario in one round, and whether they count. */
public final class Row {

    /** Of one core: past it others took part, and the figures are the machine's weather too. */
    public static final double OTHERS_PERCENT_MAX = 25;

    private final String engine;
    private final String variant;
    private final int round;
    private final Map<Metric, Double> figures = new EnumMap<>(Metric.class);
    private final Set<Metric> doubtful = EnumSet.noneOf(Metric.class);
    private final Map<String, Double> slabs = new TreeMap<>();
    private final List<String> faults = new ArrayList<>();
    private final List<String> notes = new ArrayList<>();
    private Histogram times;

    /** Without any figure yet. */
    public Row(String engine, String variant, int round) {
        this.engine = engine;
        this.variant = variant;
        this.round = round;
    }

    /** One that could not be measured, and why. */
    public static Row failed(String engine, String variant, int round, String why) {
        return new Row(engine, variant, round).faults(List.of(why));
    }

    /** Adds a figure; one that is no number is left out. */
    public Row figure(Metric metric, double value) {
        if (Double.isFinite(value)) {
            figures.put(metric, value);
        }
        return this;
    }

    /** Like {@link #figure}, but another round's counts instead if there is one without doubt. */
    public Row doubtfulFigure(Metric metric, double value) {
        doubtful.add(metric);
        return figure(metric, value);
    }

    /** How long each message, delivery or handshake took, in nanoseconds. */
    public Row times(Histogram nanoseconds) {
        times = nanoseconds;
        return this;
    }

    /** Bytes per connection at the server's end, by the kernel's cache. */
    public Row slabs(Map<String, Double> bytes) {
        slabs.putAll(bytes);
        return this;
    }

    /** Reasons why it must not be used. */
    public Row faults(List<String> more) {
        faults.addAll(more);
        return this;
    }

    /** What a reader must know to compare it. */
    public Row note(String note) {
        notes.add(note);
        return this;
    }

    /** Of which engine. */
    public String engine() {
        return engine;
    }

    /** Of which variant of its scenario. */
    public String variant() {
        return variant;
    }

    /** From 1 on. */
    public int round() {
        return round;
    }

    /** By metric, in their order. */
    public Map<Metric, Double> figures() {
        return figures;
    }

    /** NaN where there is none. */
    public double figure(Metric metric) {
        return figures.getOrDefault(metric, Double.NaN);
    }

    /** Whether another round's figure is to be preferred. */
    public boolean isDoubtful(Metric metric) {
        return doubtful.contains(metric);
    }

    /** Null where nothing was timed. */
    public Histogram times() {
        return times;
    }

    /** Empty where no memory was read. */
    public Map<String, Double> slabs() {
        return slabs;
    }

    /** Empty where it may be used. */
    public List<String> faults() {
        return faults;
    }

    /** What else there is to say. */
    public List<String> notes() {
        return notes;
    }

    /** Whether its figures count. */
    public boolean isValid() {
        return faults.isEmpty();
    }

    /**
     * Others kept the cores busy: a server that sleeps between messages then pays more for waking
     * than on a quiet machine, so the light ones look heavier than they are. Marked, still used.
     */
    public boolean isNoisy() {
        return figures.getOrDefault(Metric.OTHERS_PERCENT, 0.0) > OTHERS_PERCENT_MAX;
    }
}
