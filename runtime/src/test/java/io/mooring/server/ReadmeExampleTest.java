package io.mooring.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.StringWriter;
import java.net.http.HttpClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.tools.JavaCompiler;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The embedded example of the README is compiled as it stands there, runs, and answers. */
@Tag("e2e")
class ReadmeExampleTest {
    private static final Pattern BLOCK = Pattern.compile("```java\\R(.*?)```", Pattern.DOTALL);
    private static final Pattern CLASS = Pattern.compile("(?m)^(?:public |final )*class (\\w+)");
    private static final Pattern PATH = Pattern.compile("\\.path\\(\"(/[^\"]*)\"");
    private static final Pattern PORT = Pattern.compile("listening on .*?(\\d+)\\D*");

    @TempDir
    private Path directory;

    @Test
    void compilesRunsAndAnswers() throws IOException {
        TestServer.requireIoUring();
        String source = example();
        Matcher named = CLASS.matcher(source);
        String main = named.find() ? named.group(1) : "Example"; // a compact source file has none
        compile(main, source);
        Matcher path = PATH.matcher(source);
        assertThat(path.find()).as("the example serves a path").isTrue();
        String classPath = directory + System.getProperty("path.separator")
            + JavaProcess.classPath();
        try (JavaProcess example = JavaProcess.start(
                JavaProcess.command(classPath, main, "0")); // its port, if it takes one
                HttpClient http = HttpClient.newHttpClient()) {
            Matcher port = PORT.matcher(example.awaitLine("\"listening on\"",
                line -> PORT.matcher(line).matches()));
            assertThat(port.matches()).isTrue();
            JdkClient client = JdkClient.await(
                JdkClient.open(http, Integer.parseInt(port.group(1)), path.group(1)));
            JdkClient.await(client.sendText("Mooring", 1));
            assertThat(JdkClient.await(client.next())).asString().contains("Mooring");
            assertThat(client.close(1000, "").code()).isEqualTo(1000);
        }
    }

    private static String example() throws IOException {
        Path readme = Path.of("..", "README.md");
        Assumptions.assumeTrue(Files.exists(readme), "there is no README.md beside this module");
        Matcher blocks = BLOCK.matcher(Files.readString(readme));
        while (blocks.find()) {
            if (blocks.group(1).contains("WebSocketServer")) {
                return blocks.group(1);
            }
        }
        return Assumptions.abort("README.md has no ```java block with a WebSocketServer");
    }

    private void compile(String name, String source) throws IOException {
        Path file = Files.writeString(directory.resolve(name + ".java"), source);
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        StringWriter messages = new StringWriter();
        boolean compiled = compiler.getTask(messages, null, null,
            List.of("-d", directory.toString(), "-cp", JavaProcess.classPath(), "-Xlint:all"), null,
            compiler.getStandardFileManager(null, null, null).getJavaFileObjects(file)).call();
        assertThat(compiled).as("%s", messages).isTrue();
        assertThat(messages.toString()).as("warnings").isEmpty();
    }
}
