package io.mooring.bench.topics;

import io.mooring.bench.Machine;
import io.mooring.bench.Report;
import io.mooring.bench.Stats;
import io.mooring.bench.Table;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.ToDoubleFunction;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * Memory and time for subscriptions, without sockets: the runtime's own structure beside the one
 * that it had before, a map and bitmaps on the Java heap, in interleaved rounds of one run.
 */
@Command(name = "topics", mixinStandardHelpOptions = true, sortOptions = false,
        description = "Bytes per subscription; time per join, leave and subscriber walked.")
public final class TopicsCommand implements Callable<Integer> {

    private static final String OURS = "off-heap";
    private static final String MARK = "heap, Roaring";
    private static final int SCALE = 1_000_000;

    @Spec
    private CommandSpec spec;

    @Option(names = "--connections", defaultValue = "1000000",
            description = "a multiple of 1,000; ${DEFAULT-VALUE}")
    private int connections;

    @Option(names = "--reactors", defaultValue = "1",
            description = "each with sets of its own; ${DEFAULT-VALUE}")
    private int reactors;

    @Option(names = "--rounds", defaultValue = "3", description = "${DEFAULT-VALUE}")
    private int rounds;

    @Option(names = "--json", paramLabel = "FILE", description = "write all figures there too")
    private Path json;

    private final Map<String, List<Measured>> all = new LinkedHashMap<>();

    @Override
    public Integer call() {
        if (connections < 1_000 || connections % 1_000 != 0 || reactors < 1 || rounds < 1) {
            throw new ParameterException(spec.commandLine(),
                    "--connections must be a multiple of 1000, --reactors and --rounds 1 or more");
        }
        System.out.println(Machine.line());
        System.out.printf("%,d connections, %d reactors, %d rounds; bytes with records, names and "
                + "lists, without 4 in each slot%n%n", connections, reactors, rounds);
        List<Shape> shapes = shapes();
        try (Slots slots = new Slots(connections, reactors)) {
            for (int round = 0; round < rounds; round++) {
                for (Shape shape : shapes) {
                    measure(shape, OURS, new OffHeapSide(slots));
                    measure(shape, MARK, new HeapSide(slots));
                }
            }
        }
        System.out.print(table(shapes));
        System.out.println("\nmedians; join, leave: at full size, warm; coming: all joins from "
                + "none, memory touched for the first time; closing: of a connection, all of them");
        Report report = new Report("topics").put("connections", connections)
                .put("reactors", reactors);
        all.forEach((name, runs) -> report.put(name, runs.stream().map(Measured::json).toList()));
        report.write(json);
        return 0;
    }

    /** Of a million; of fewer, as many topics, so that each has as many fewer. */
    private List<Shape> shapes() {
        List<Shape> shapes = new ArrayList<>();
        for (int members : new int[] {SCALE, 10_000, 1_000, 100, 10, 1}) {
            int topics = Math.max(1, connections / members);
            shapes.add(new Shape(String.format(Locale.ROOT, "%,d of %,d", topics,
                    connections / topics), connections, topics, 1));
        }
        shapes.add(new Shape("in 4 topics each, of 10", connections, connections / 10 * 4, 4));
        return shapes;
    }

    private void measure(Shape shape, String name, Side side) {
        try (side) {
            all.computeIfAbsent(key(shape, name), key -> new ArrayList<>())
                    .add(Measured.of(shape, side));
        }
    }

    private static String key(Shape shape, String side) {
        return shape.name() + ": " + side;
    }

    private Table table(List<Shape> shapes) {
        Table table = new Table("topics", "kept", "B each", "ns join", "leave", "walked", "coming",
                "closing");
        for (Shape shape : shapes) {
            for (String side : List.of(OURS, MARK)) {
                List<Measured> runs = all.get(key(shape, side));
                table.row(side.equals(OURS) ? shape.name() : "", side,
                        median(runs, Measured::bytes, "%,.2f"),
                        median(runs, Measured::joinNs, "%,.0f"),
                        median(runs, Measured::leaveNs, "%,.0f"),
                        median(runs, Measured::walkNs, "%,.1f"),
                        median(runs, Measured::growNs, "%,.0f"),
                        median(runs, Measured::closeNs, "%,.0f"));
            }
        }
        return table;
    }

    private static String median(List<Measured> runs, ToDoubleFunction<Measured> figure,
            String format) {
        return String.format(Locale.ROOT, format,
                Stats.of(runs.stream().map(figure::applyAsDouble).toList()).median());
    }
}
