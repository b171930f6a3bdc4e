package io.mooring.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * A server that the user brings along, by {@code --peer NAME=COMMAND}. Words are split at blanks,
 * and no shell reads them; {@code {port}} and so on stand for what only the measurement knows.
 */
record Peer(String name, List<String> words) {

    private static final String HOST = "{host}";
    private static final String PORT = "{port}";
    private static final String CONNECTIONS = "{connections}";
    private static final Set<String> PLACEHOLDERS = Set.of(HOST, PORT, CONNECTIONS);
    private static final Pattern PLACEHOLDER = Pattern.compile("\\{[^{}]*}");
    /** Names are columns of tables and parts of file names. */
    private static final Predicate<String> NAME =
            Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,39}").asMatchPredicate();

    /** Its processes are as any other engine's. */
    Engine engine() {
        return new Engine(name, endpoint -> {
            Map<String, String> values = Map.of(HOST, endpoint.host(),
                    PORT, Integer.toString(endpoint.port()),
                    CONNECTIONS, Integer.toString(endpoint.connectionsMax()));
            List<String> line = new ArrayList<>();
            for (String word : words) {
                line.add(PLACEHOLDER.matcher(word).replaceAll(
                        found -> Matcher.quoteReplacement(values.get(found.group()))));
            }
            return line;
        });
    }

    /** What is wrong is said so that the next try is right. */
    static final class Converter implements ITypeConverter<Peer> {

        @Override
        public Peer convert(String text) {
            int equals = text.indexOf('=');
            if (equals < 0) {
                throw wrong("'" + text + "' is not NAME=COMMAND");
            }
            String name = text.substring(0, equals);
            String command = text.substring(equals + 1).strip();
            if (!NAME.test(name)) {
                throw wrong("'" + name + "' is no name: 1 to 40 letters, digits, '.', '_', '-'");
            }
            if (EngineOptions.isBuiltIn(name)) {
                throw wrong("'" + name + "' is an engine of the bench itself: take another name");
            }
            if (command.isEmpty()) {
                throw wrong("'" + name + "' has no command");
            }
            PLACEHOLDER.matcher(command).results().map(found -> found.group())
                    .filter(found -> !PLACEHOLDERS.contains(found)).findFirst()
                    .ifPresent(found -> {
                        throw wrong("'" + name + "' says " + found
                                + "; there are {host}, {port} and {connections}");
                    });
            if (!command.contains(PORT)) {
                throw wrong("'" + name + "' must listen where it is told: say {port} in its"
                        + " command, as in 'my-server --host {host} --port {port}'");
            }
            return new Peer(name, List.of(command.split("\\s+")));
        }

        private static TypeConversionException wrong(String message) {
            return new TypeConversionException(message);
        }
    }
}
