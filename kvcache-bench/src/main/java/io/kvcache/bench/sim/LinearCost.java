package io.kvcache.bench.sim;

/**
 * A cost written down in a scenario instead of a model and an accelerator: coefficients, in
 * seconds, and bytes.
 *
 * @param prefillSeconds of each prefill
 * @param prefillSecondsPerToken of each new token
 * @param prefillSecondsPerTokenPair of each new token and each token before it
 * @param decodeSeconds of each step
 * @param decodeSecondsPerSequence of each sequence in a step
 * @param decodeSecondsPerContextToken of each token of the sequences' contexts, in a step
 * @param kvBytesPerToken keys and values of a token, over all accelerators of a node
 */
public record LinearCost(
    Double prefillSeconds,
    Double prefillSecondsPerToken,
    Double prefillSecondsPerTokenPair,
    Double decodeSeconds,
    Double decodeSecondsPerSequence,
    Double decodeSecondsPerContextToken,
    Double kvBytesPerToken) {
  /** Checks, and fills in what was left out. */
  public LinearCost {
    prefillSeconds = notNegative("prefill_seconds", prefillSeconds);
    prefillSecondsPerToken = notNegative("prefill_seconds_per_token", prefillSecondsPerToken);
    prefillSecondsPerTokenPair =
        notNegative("prefill_seconds_per_token_pair", prefillSecondsPerTokenPair);
    decodeSeconds = notNegative("decode_seconds", decodeSeconds);
    decodeSecondsPerSequence = notNegative("decode_seconds_per_sequence", decodeSecondsPerSequence);
    decodeSecondsPerContextToken =
        notNegative("decode_seconds_per_context_token", decodeSecondsPerContextToken);
    kvBytesPerToken = Checks.positive("cost.kv_bytes_per_token", kvBytesPerToken, null);
  }

  private static Double notNegative(String field, Double value) {
    return Checks.notNegative("cost." + field, value, 0.0);
  }

  ServingCost cost() {
    return new ServingCost(
        (n, reused) ->
            prefillSeconds
                + n * prefillSecondsPerToken
                + n * (reused + n / 2.0) * prefillSecondsPerTokenPair,
        (sequences, context) ->
            decodeSeconds
                + sequences * decodeSecondsPerSequence
                + context * decodeSecondsPerContextToken,
        kvBytesPerToken,
        Double.POSITIVE_INFINITY,
        Double.POSITIVE_INFINITY,
        "coefficients given in the scenario");
  }
}
