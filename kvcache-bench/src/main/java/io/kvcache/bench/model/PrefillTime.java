package io.kvcache.bench.model;

/** How long the prefill of one request takes, alone on its accelerators. Thread-safe. */
@FunctionalInterface
public interface PrefillTime {
  /**
   * Seconds until the first token is known.
   *
   * @param newTokens tokens that are computed; 0 or more
   * @param reusedTokens tokens before them whose keys and values are there already
   */
  double seconds(long newTokens, long reusedTokens);
}
