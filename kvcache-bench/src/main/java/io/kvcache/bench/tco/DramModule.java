package io.kvcache.bench.tco;

/**
 * A memory module, the unit in which host memory is bought.
 *
 * @param bytes its size
 * @param price of one
 */
public record DramModule(double bytes, Price price) {
  public DramModule {
    Prices.require("price of a memory module", price);
    if (!(bytes >= 1) || Double.isInfinite(bytes)) {
      throw new IllegalArgumentException("memory module of " + bytes + " bytes: 1 or more");
    }
  }

  /** Whole modules that hold so many bytes. */
  public long count(double cacheBytes) {
    return (long) Math.ceil(cacheBytes / bytes);
  }
}
