package io.mooring.bench;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

/** Mooring's own counters, from {@code GET /metrics}; reading them is one connection of its own. */
public final class ServerMetrics {

    /** Connections that the server holds now, the one that asks among them. */
    public static final String OPEN = "mooring_connections_open";

    private final URI uri;
    private final HttpClient http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(10)).build();

    /** Of the server at {@code port} of this machine. */
    public ServerMetrics(int port) {
        uri = URI.create("http://127.0.0.1:" + port + "/metrics");
    }

    /** All samples by name, labels and all. */
    public Map<String, Double> now() {
        try {
            HttpResponse<String> answer = http.send(HttpRequest.newBuilder(uri)
                    .timeout(Duration.ofSeconds(30)).build(), HttpResponse.BodyHandlers.ofString());
            if (answer.statusCode() != 200) {
                throw new BenchException("/metrics answers " + answer.statusCode());
            }
            return parse(answer.body());
        } catch (IOException e) {
            throw new BenchException("/metrics does not answer: " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BenchException("interrupted");
        }
    }

    /** The gauge {@link #OPEN} of {@code samples}. */
    public static double open(Map<String, Double> samples) {
        Double open = samples.get(OPEN);
        if (open == null) {
            throw new BenchException("/metrics has no line '" + OPEN + " N'");
        }
        return open;
    }

    /** The sum of {@code name} over all its labels; 0 where there is none. */
    public static double sum(Map<String, Double> samples, String name) {
        return samples.entrySet().stream()
                .filter(sample -> sample.getKey().equals(name)
                        || sample.getKey().startsWith(name + "{"))
                .mapToDouble(Map.Entry::getValue).sum();
    }

    /** OpenMetrics text: samples by name (labels and all); a time stamp is ignored. */
    static Map<String, Double> parse(String text) {
        Map<String, Double> samples = new LinkedHashMap<>();
        for (String line : text.split("\n")) {
            int nameEnd = line.indexOf('}') + 1;
            nameEnd = nameEnd > 0 ? nameEnd : line.indexOf(' ');
            if (line.startsWith("#") || nameEnd <= 0) {
                continue;
            }
            String value = line.substring(nameEnd).strip().split(" ")[0];
            samples.put(line.substring(0, nameEnd), Double.valueOf(value));
        }
        return samples;
    }
}
