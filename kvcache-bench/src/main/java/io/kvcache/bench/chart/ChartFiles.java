package io.kvcache.bench.chart;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A chart as two files, one for each theme, for pages of Markdown. */
public final class ChartFiles {
  private ChartFiles() {}

  /**
   * Writes {@code NAME-light.svg} and {@code NAME-dark.svg}.
   *
   * @return what shows them, whichever suits the reader, in Markdown in the directory above
   */
  public static String write(Path directory, String name, LineChart chart) throws IOException {
    for (Theme theme : Theme.values()) {
      Files.writeString(directory.resolve(file(name, theme)), chart.toSvg(theme));
    }
    Path folder = directory.toAbsolutePath().normalize().getFileName();
    return """
        <picture>
          <source media="(prefers-color-scheme: dark)" srcset="%s/%s">
          <img alt="%s" src="%s/%s">
        </picture>
        """
        .formatted(
            folder,
            file(name, Theme.DARK),
            SvgText.escaped(chart.title()),
            folder,
            file(name, Theme.LIGHT));
  }

  private static String file(String name, Theme theme) {
    return name + "-" + theme.label() + ".svg";
  }
}
