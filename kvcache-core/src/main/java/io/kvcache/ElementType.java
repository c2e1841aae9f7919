package io.kvcache;

/**
 * The number format of the K/V values. It enters the fingerprint, so that bytes of one format are
 * never read as another; the library itself moves bytes and converts nothing.
 */
public enum ElementType {
  /** bfloat16. */
  BF16(2),
  /** IEEE half precision. */
  F16(2),
  /** IEEE single precision. */
  F32(4),
  /** 8-bit float, 4 exponent bits. */
  F8_E4M3(1),
  /** 8-bit float, 5 exponent bits. */
  F8_E5M2(1),
  /** 8-bit integers; their scales are a part of their own in the layout. */
  I8(1);

  private final int bytes;

  ElementType(int bytes) {
    this.bytes = bytes;
  }

  /** Bytes of one value. */
  public int bytes() {
    return bytes;
  }
}
