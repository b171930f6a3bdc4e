package io.mooring.bench;

import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Option;

/** How the receivers' process is started: {@code mooring swarm URL --control}. */
public final class SwarmOptions {

    @Option(names = "--swarm-jvm", paramLabel = "FLAGS", defaultValue =
            "${sys:mooring.swarm.jvm:--XX:+UseSerialGC"
            + " --add-exports=java.base/jdk.internal.misc=ALL-UNNAMED"
            + " --enable-native-access=ALL-UNNAMED}",
            description = "JVM flags of the many clients; by default the swarm's launcher's")
    private String swarmJvm;

    /** The command line for {@code path} of the server at {@code port}; {@code more} arguments. */
    public List<String> command(Home home, int port, String path, String... more) {
        List<String> line = new ArrayList<>(EngineOptions.java(swarmJvm, ""));
        line.addAll(List.of("-jar", home.runtimeJar().toString(), "swarm",
                "ws://127.0.0.1:" + port + path, "--control"));
        line.addAll(List.of(more));
        return line;
    }
}
