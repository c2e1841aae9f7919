package io.kvcache.bench.chart;

import java.awt.Color;
import java.util.Locale;

/** The ground that a chart is drawn on, and what is drawn on every chart. */
public enum Theme {
  /** For light pages. */
  LIGHT(new Color(0xffffff), new Color(0x24292f), new Color(0xd0d7de)),

  /** For dark pages. */
  DARK(new Color(0x0d1117), new Color(0xe6edf3), new Color(0x3d444d));

  private final Color ground;
  private final Color text;
  private final Color grid;

  Theme(Color ground, Color text, Color grid) {
    this.ground = ground;
    this.text = text;
    this.grid = grid;
  }

  Color ground() {
    return ground;
  }

  Color text() {
    return text;
  }

  Color grid() {
    return grid;
  }

  /** The name in file names and style sheets. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
