package io.mooring.bench.html;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Where things are drawn. */
class ChartsTest {

    private static List<Double> all(String svg, String pattern) {
        List<Double> found = new ArrayList<>();
        Matcher matcher = Pattern.compile(pattern).matcher(svg);
        while (matcher.find()) {
            found.add(Double.valueOf(matcher.group(1)));
        }
        return found;
    }

    @Test
    void barsAreAsLongAsTheirMediansAndWhiskersAsTheRounds() {
        String svg = new BarChart("t", Units::trim)
                .bar("a", "c1", 50, new double[] {40, 50, 100}, "")
                .bar("b", "c2", 25, new double[] {25}, "noisy").html();
        List<Double> widths = all(svg, "<rect[^>]* width=\"([\\d.]+)\"");
        assertThat(widths.get(0)).isCloseTo(2 * widths.get(1), within(0.2));
        double left = all(svg, "<rect[^>]* x=\"([\\d.]+)\"").getFirst();
        double low = all(svg, "d=\"M([\\d.]+) ").getFirst();
        assertThat(low - left).isCloseTo(0.8 * widths.getFirst(), within(0.2));
        assertThat(all(svg, "class=\"round\" cx=\"([\\d.]+)\"")).hasSize(4);
        assertThat(svg).contains("mark warn");
    }

    @Test
    void aBarWithoutAMedianSaysWhy() {
        String svg = new BarChart("t<", Units::trim).bar("<a>", "c1", Double.NaN,
                new double[] {Double.NaN}, "invalid").html();
        assertThat(svg).contains("invalid").contains("&lt;a&gt;").contains("t&lt;")
                .doesNotContain("NaN").doesNotContain("<rect");
    }

    @Test
    void eachNineIsAsWideAsTheOneBefore() {
        String svg = new XyChart(XyChart.WIDE, "t", "x", Units::fine, "y", Units::trim).nines()
                .logY().line("l", "c1", new double[] {0, 90, 99, 99.9},
                new double[] {0.1, 1, 10, 100}).svg();
        List<Double> x = all(svg, "[ \"]([\\d.]+),[\\d.]+");
        List<Double> y = all(svg, "[ \"][\\d.]+,([\\d.]+)");
        for (int i = 1; i + 1 < x.size(); i++) {
            assertThat(x.get(i + 1) - x.get(i)).isCloseTo(x.get(1) - x.get(0), within(0.2));
            assertThat(y.get(i) - y.get(i + 1)).isCloseTo(y.get(0) - y.get(1), within(0.2));
        }
        assertThat(svg).contains(">99.9<").contains(">0.1<").contains(">100<");
    }

    @Test
    void aLogarithmicAxisLeavesOutWhatIsNotPositive() {
        String svg = new XyChart(XyChart.HALF, "t", "x", Units::fine, "y", Units::trim).logY()
                .line("l", "c1", new double[] {0, 1, 2}, new double[] {0, 1, 5}).svg();
        assertThat(svg).doesNotContain("NaN").doesNotContain("Infinity");
    }

    @Test
    void stacksAddUp() {
        StackChart chart = new StackChart("t", "B").part("a", "x", "u1", 100)
                .part("a", "y", "k1", 300).part("b", "x", "u1", 200).part("c", "x", "u1", 0);
        List<Double> widths = all(chart.html(), "<rect[^>]* width=\"([\\d.]+)\"");
        assertThat(widths.get(1) + 1).isCloseTo(3 * (widths.get(0) + 1), within(0.5));
        assertThat(widths.get(2) + 1).isCloseTo(2 * (widths.get(0) + 1), within(0.5));
        assertThat(chart.html()).contains("400 B").contains("not measured");
        assertThat(chart.isEmpty()).isFalse();
        assertThat(new StackChart("t", "B").part("a", "x", "u1", Double.NaN).isEmpty()).isTrue();
    }
}
