package io.kvcache.bench.tco;

/**
 * A filesystem by the month whose bandwidth comes with its size.
 *
 * @param megabytesPerSecondPerTib bandwidth of a tebibyte, in 10^6 bytes per second
 * @param price per gibibyte and month
 */
public record FilesystemTier(int megabytesPerSecondPerTib, Price price) {
  public FilesystemTier {
    Prices.require("price of a filesystem tier", price);
    if (megabytesPerSecondPerTib < 1) {
      throw new IllegalArgumentException(
          "filesystem tier of " + megabytesPerSecondPerTib + " MB/s per TiB: 1 or more");
    }
  }

  /** Bytes per second of a filesystem of that size. */
  public double bandwidth(double bytes) {
    return bytes / TcoModel.TIB * megabytesPerSecondPerTib * 1e6;
  }
}
