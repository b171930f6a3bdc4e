package io.mooring.bench;

import java.nio.file.Path;
import picocli.CommandLine.Option;

/** What every measurement in interleaved rounds has in common. */
public final class RunOptions {

    @Option(names = "--rounds", paramLabel = "N",
            description = "each engine has its turn once a round; by default 5 (with --quick 1)")
    private Integer rounds;

    @Option(names = "--json", paramLabel = "FILE", description = "write all figures there too")
    private Path json;

    /** As given, or {@code otherwise}. */
    public int rounds(int otherwise) {
        return rounds == null ? otherwise : rounds;
    }

    /** Where the JSON goes; null: nowhere. */
    public Path json() {
        return json;
    }
}
