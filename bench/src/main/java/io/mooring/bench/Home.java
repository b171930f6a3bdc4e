package io.mooring.bench;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Where things are, found from where this class was loaded: {@code bench/target/*.jar} or
 * {@code bench/target/classes}.
 */
public record Home(Path bench) {

    /** The module's folder, or a clear refusal where this is not a project's build. */
    public static Home locate() {
        try {
            Path code = Path.of(Home.class.getProtectionDomain().getCodeSource().getLocation()
                    .toURI());
            Path bench = code.toAbsolutePath().getParent().getParent();
            if (Files.isDirectory(bench.resolve("src/main/c"))) {
                return new Home(bench);
            }
            throw new BenchException("the C sources are missing: " + bench.resolve("src/main/c")
                    + " (run the bench from its project's build)");
        } catch (URISyntaxException e) {
            throw new BenchException("cannot tell where the bench is: " + e.getMessage());
        }
    }

    /** The C sources. */
    public Path sources() {
        return bench.resolve("src/main/c");
    }

    /** A folder under {@code bench/target}, made if missing. */
    public Path target(String folder) {
        try {
            return Files.createDirectories(bench.resolve("target").resolve(folder));
        } catch (IOException e) {
            throw new BenchException("cannot make " + bench.resolve("target") + ": " + e);
        }
    }

    /** The server's jar, whose manifest names its libraries. */
    public Path runtimeJar() {
        return jar("the server", "mooring", bench.resolveSibling("runtime/target"),
                "mooring-runtime-*[0-9].jar");
    }

    /** The peer's on Netty 4.1, likewise. */
    public Path incubatorJar() {
        return jar("the peer on Netty's incubator", EngineOptions.NETTY_INCUBATOR,
                bench.resolve("netty-incubator/target"), "mooring-bench-netty-incubator-*.jar");
    }

    private static Path jar(String what, String engine, Path folder, String pattern) {
        try (DirectoryStream<Path> jars = Files.newDirectoryStream(folder, pattern)) {
            for (Path jar : jars) {
                return jar;
            }
        } catch (IOException e) {
            // No folder is the same news as no jar.
        }
        throw new BenchException(what + " is not built: no " + pattern + " in " + folder
                + " (mvn -DskipTests package, or leave " + engine + " out of --engines)");
    }

    /** A tool of the JDK that runs this. */
    public static String jdkTool(String name) {
        return Path.of(System.getProperty("java.home"), "bin", name).toString();
    }
}
