package io.kvcache.bench.replay;

/**
 * Floating-point operations of a prefill by a model of 8 billion parameters: 2 per parameter and
 * token, and attention, which grows with the square (32 layers of 4,096 dimensions, causal).
 */
final class PrefillCost {
  private static final double FLOPS_PER_TOKEN = 16e9;
  private static final double FLOPS_PER_TOKEN_PAIR = 524_288;

  private PrefillCost() {}

  /** Cost of the first {@code tokens} tokens of a prompt. */
  static double flops(long tokens) {
    return FLOPS_PER_TOKEN * tokens + FLOPS_PER_TOKEN_PAIR * tokens * tokens / 2;
  }
}
