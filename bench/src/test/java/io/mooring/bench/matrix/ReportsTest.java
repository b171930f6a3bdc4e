package io.mooring.bench.matrix;

import static org.assertj.core.api.Assertions.assertThat;

import io.mooring.bench.Json;
import java.io.IOException;
import java.io.InputStream;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.xml.sax.InputSource;

/** The JSON by its schema, and the page. */
class ReportsTest {

    static Map<String, Object> schema() throws IOException {
        try (InputStream in = MatrixJson.class.getResourceAsStream("schema.json")) {
            return Json.parseObject(new String(in.readAllBytes(), StandardCharsets.UTF_8));
        }
    }

    /** What is wrong with {@code value}, by as much of JSON Schema as ours uses. */
    static List<String> wrong(Map<String, Object> root, Map<String, Object> schema, Object value,
            String at) {
        List<String> wrong = new ArrayList<>();
        if (schema.get("$ref") instanceof String reference) {
            Object target = root;
            for (String step : reference.substring(2).split("/")) {
                target = Json.object(target).get(step);
            }
            return wrong(root, Json.object(target), value, at);
        }
        if (schema.get("enum") instanceof List<?> values && !values.contains(value)) {
            wrong.add(at + " is " + value);
        }
        if (schema.containsKey("type")) {
            List<?> types = schema.get("type") instanceof List<?> list ? list
                    : List.of(schema.get("type"));
            if (types.stream().noneMatch(type -> isOf(type.toString(), value))) {
                wrong.add(at + " is no " + types + ": " + value);
            }
        }
        if (value instanceof Map<?, ?> map) {
            Map<String, Object> known = schema.get("properties") instanceof Map<?, ?> properties
                    ? Json.object(properties) : Map.of();
            if (schema.get("required") instanceof List<?> keys) {
                keys.stream().filter(key -> !map.containsKey(key))
                        .forEach(key -> wrong.add(at + " has no " + key));
            }
            Json.object(map).forEach((key, inner) -> {
                Object of = known.getOrDefault(key, schema.get("additionalProperties"));
                if (of != null) {
                    wrong.addAll(wrong(root, Json.object(of), inner, at + "." + key));
                }
            });
        }
        if (value instanceof List<?> list && schema.get("items") != null) {
            for (int i = 0; i < list.size(); i++) {
                wrong.addAll(wrong(root, Json.object(schema.get("items")), list.get(i),
                        at + "[" + i + "]"));
            }
        }
        return wrong;
    }

    private static boolean isOf(String type, Object value) {
        return switch (type) {
            case "object" -> value instanceof Map;
            case "array" -> value instanceof List;
            case "string" -> value instanceof String;
            case "boolean" -> value instanceof Boolean;
            case "integer" -> value instanceof Long;
            case "number" -> value instanceof Number;
            default -> value == null;
        };
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void theJsonIsByItsSchema(boolean broken) throws IOException {
        Map<String, Object> json = Json.parseObject(Json.write(
                new MatrixJson(Fixtures.run(3, 1, broken)).json()));
        assertThat(wrong(schema(), schema(), json, "report")).isEmpty();
        assertThat(((List<?>) json.get("scenarios")).stream().map(scenario ->
                Json.object(scenario).get("name"))).map(Object::toString).containsExactly("idle",
                "connect", "echo", "echo-rate", "broadcast", "mixed");
    }

    @Test
    void theSchemaFindsWhatIsWrong() throws IOException {
        Map<String, Object> json = Json.parseObject(Json.write(
                new MatrixJson(Fixtures.run(1)).json()));
        json.put("version", 2L);
        json.remove("seconds");
        Json.object(((List<?>) json.get("scenarios")).getFirst()).put("rounds", "many");
        assertThat(wrong(schema(), schema(), json, "report")).containsExactly(
                "report has no seconds", "report.version is 2",
                "report.scenarios[0].rounds is no [integer]: many");
    }

    private static void check(String html) throws Exception {
        for (int at = html.indexOf("<svg"); at >= 0; at = html.indexOf("<svg", at + 1)) {
            String svg = html.substring(at, html.indexOf("</svg>", at) + 6);
            DocumentBuilderFactory.newInstance().newDocumentBuilder()
                    .parse(new InputSource(new StringReader(svg)));
        }
        for (String word : List.of("NaN", "Infinity", "null", "<script", "src=", "url(", "href=",
                "@import", "peer <&>", "x='<&>'")) {
            assertThat(html.contains(word)).as(word).isFalse();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 5})
    void thePageNeedsNothingElse(int rounds) throws Exception {
        String html = new MatrixPage(Fixtures.run(rounds)).html();
        check(html);
        assertThat(html).contains("4 engines, side by side").contains("all rows count")
                .contains("One connection, byte by byte").contains("latency by percentile")
                .contains("Receivers that have it, over time").contains("class=\"whisker\"")
                .contains("TCP_NODELAY").contains("peer &lt;&amp;&gt;").contains("noisy");
        // An interval needs three rounds.
        assertThat(html.contains("\u00d7</span> <span")).isEqualTo(rounds >= 3);
    }

    @Test
    void whatIsInvalidIsMarkedAndItsFiguresAreNotShown() throws Exception {
        String html = new MatrixPage(Fixtures.run(3, 1, true)).html();
        check(html);
        assertThat(html).contains("rows are missing").contains("is not compared: refused")
                .contains("the client was saturated: load at 97 % CPU").contains("invalid")
                .contains("5,000 idle connections and not 100,000");
        String figures = Json.write(new MatrixJson(Fixtures.run(3, 1, true)).json());
        assertThat(figures).contains("\"valid_rounds\": 0");
    }
}
