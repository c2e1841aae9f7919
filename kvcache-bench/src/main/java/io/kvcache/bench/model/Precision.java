package io.kvcache.bench.model;

/** Number format of weights and of the multiplications with them. */
public enum Precision {
  /** bfloat16. */
  BF16(2),
  /** 8-bit float. */
  FP8(1);

  private final int bytes;

  Precision(int bytes) {
    this.bytes = bytes;
  }

  /** Bytes of one weight. */
  public int bytes() {
    return bytes;
  }
}
