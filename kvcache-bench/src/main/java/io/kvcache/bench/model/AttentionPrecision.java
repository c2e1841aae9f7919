package io.kvcache.bench.model;

/**
 * The number format in which engines multiply queries, keys and values of a model, whatever its
 * weights are in.
 *
 * @param value the format
 * @param source who says so
 */
public record AttentionPrecision(Precision value, String source) {
  public AttentionPrecision {
    Named.require("value of attentionPrecision", value);
    Named.require("source of attentionPrecision", source);
  }
}
