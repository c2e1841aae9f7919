package io.kvcache.bench.report;

import java.util.Locale;

/** Where a figure comes from. */
public enum Kind {
  /** The library did it, on this machine, with real bytes. */
  MEASURED("the library did it on this machine, with real bytes"),

  /** Virtual time over the library's own policies and tiers, without bytes. */
  SIMULATED("virtual time over the library's own policies and tiers, without bytes"),

  /** Arithmetic from constants, each with its source. */
  MODELLED("arithmetic from constants, each with its source");

  private final String meaning;

  Kind(String meaning) {
    this.meaning = meaning;
  }

  /** The word that stands beside a figure. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** What that word means. */
  public String meaning() {
    return meaning;
  }
}
