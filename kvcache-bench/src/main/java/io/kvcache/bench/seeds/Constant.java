package io.kvcache.bench.seeds;

/**
 * A number that all rows of a document share.
 *
 * @param name what it is called
 * @param value 0 or more
 * @param unit its unit
 * @param source the text itself, or why it is assumed
 */
public record Constant(String name, double value, String unit, String source) {
  public Constant {
    SourceDocument.require("name of a constant", name);
    SourceDocument.require(name + ": unit", unit);
    SourceDocument.require(name + ": source", source);
    if (!(value >= 0) || Double.isInfinite(value)) {
      throw new IllegalArgumentException(name + " is " + value + ": a finite number, 0 or more");
    }
  }
}
