package io.mooring.probe;

import io.mooring.probe.report.Json;
import io.mooring.probe.report.ReportDiff;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Two reports beside each other. */
@Command(name = "diff", mixinStandardHelpOptions = true, versionProvider = Version.class,
        description = "What came between two reports (files of --json), row by row, and how much of"
                + " the growth of kernel memory the rows explain.",
        footer = {"", "Exit codes: 0, 1 when less was explained than --explained asks for,"
            + " or a file cannot be read, 2 for wrong arguments."})
final class DiffCommand implements Callable<Integer> {

    @Parameters(index = "0", paramLabel = "A.json", description = "the earlier one")
    private Path before;
    @Parameters(index = "1", paramLabel = "B.json", description = "the later one")
    private Path after;
    @Option(names = "--json", description = "as JSON")
    private boolean json;
    @Option(names = "--explained", paramLabel = "PERCENT", description = "exit 1 unless a witness"
            + " has so much explained, 100 at most counting too much as too little")
    private double least;

    @Override
    public Integer call() {
        ReportDiff diff;
        try {
            diff = new ReportDiff(read(before), read(after));
        } catch (IllegalArgumentException e) {
            throw new ProbeException(before + " and " + after + ": " + e.getMessage(), e);
        }
        String text = json ? Json.write(diff.json()) : diff.text();
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        System.out.write(bytes, 0, bytes.length);
        System.out.flush();
        // What is explained and did not come is as wrong as what came and is not explained.
        boolean enough = least <= 0 || diff.witnesses().stream().map(ReportDiff.Witness::share)
                .anyMatch(share -> Math.abs(share - 1) <= 1 - least / 100);
        return enough ? 0 : 1;
    }

    private static Object read(Path file) {
        try {
            return Json.parse(Files.readString(file));
        } catch (IOException e) {
            throw new ProbeException("cannot read " + file + ": " + e.getMessage(), e);
        } catch (IllegalArgumentException e) {
            throw new ProbeException(file + ": " + e.getMessage(), e);
        }
    }
}
