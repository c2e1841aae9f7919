package io.kvcache.bench.report;

import java.util.Locale;

/** Where a figure comes from. */
public enum Kind {
  /** The library did it, on this machine, with real bytes. */
  MEASURED("the library did it on this machine, with real bytes"),

  /** A sum of both: what was moved was measured, what was computed was modelled. */
  MEASURED_AND_MODELLED(
      "a sum of time that was measured here and time that was modelled", "measured+modelled"),

  /** Virtual time over the library's own policies and tiers, without bytes. */
  SIMULATED("virtual time over the library's own policies and tiers, without bytes"),

  /** Arithmetic from constants, each with its source. */
  MODELLED("arithmetic from constants, each with its source");

  private final String meaning;
  private final String label;

  Kind(String meaning) {
    this.meaning = meaning;
    this.label = name().toLowerCase(Locale.ROOT);
  }

  Kind(String meaning, String label) {
    this.meaning = meaning;
    this.label = label;
  }

  /** The word that stands beside a figure. */
  public String label() {
    return label;
  }

  /** What that word means. */
  public String meaning() {
    return meaning;
  }
}
