package io.kvcache.bench.model;

import com.fasterxml.jackson.annotation.JsonProperty;

/**
 * A prefill that somebody timed.
 *
 * @param newTokens tokens that were computed, 1 or more
 * @param reusedTokens tokens before them whose keys and values were there already
 * @param seconds until the first token, above 0
 */
public record MeasuredPrefill(
    @JsonProperty("new_tokens") long newTokens,
    @JsonProperty("reused_tokens") long reusedTokens,
    double seconds) {
  public MeasuredPrefill {
    if (newTokens < 1 || reusedTokens < 0 || !(seconds > 0) || Double.isInfinite(seconds)) {
      throw new IllegalArgumentException(
          newTokens
              + " new tokens after "
              + reusedTokens
              + " reused ones in "
              + seconds
              + " s: 1 or more, 0 or more, a finite time above 0");
    }
  }
}
