/**
 * Charts of what was measured, simulated or modelled, as SVG.
 *
 * <pre>{@code
 * LineChart chart =
 *     new LineChart(
 *         "Time to first token, 50,000 tokens",
 *         Axis.linear("reused, %"),
 *         Axis.log("seconds"),
 *         List.of(Line.of("DRAM", new double[] {0, 50, 95}, new double[] {10, 5, 0.6})));
 * String svg = chart.toSvg(Theme.DARK);
 * }</pre>
 *
 * <p>Up to six lines of Okabe and Ito's colours, each with a mark of its own, so that neither
 * colour nor theme is needed to tell them apart. A page of HTML holds the chart of each theme and
 * shows one by {@code prefers-color-scheme}; {@link io.kvcache.bench.chart.ChartFiles} writes both
 * for Markdown. Drawn by JFreeChart, encoded by VectorGraphics2D; no display is needed, but the
 * JRE's AWT and any font are: {@link io.kvcache.bench.chart.LineChart#unavailable} says if they are
 * missing. The same chart has the same bytes on the same machine; another one's fonts may be wider.
 */
package io.kvcache.bench.chart;
