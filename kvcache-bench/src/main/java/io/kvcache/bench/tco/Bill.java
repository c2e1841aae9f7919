package io.kvcache.bench.tco;

import java.util.List;

/**
 * What a set of machines and stores costs per hour. Immutable.
 *
 * @param items its lines
 */
public record Bill(List<CostItem> items) {
  public Bill {
    items = List.copyOf(items);
  }

  /** These lines. */
  public static Bill of(CostItem... items) {
    return new Bill(List.of(items));
  }

  /** Dollars of an hour. */
  public double dollarsPerHour() {
    return items.stream().mapToDouble(CostItem::dollarsPerHour).sum();
  }

  /** All accelerators. */
  public double accelerators() {
    return items.stream().mapToDouble(CostItem::accelerators).sum();
  }

  /**
   * Dollars of a million tokens.
   *
   * @param tokensPerSecond of everything on the bill together, above 0
   */
  public double dollarsPerMillionTokens(double tokensPerSecond) {
    if (!(tokensPerSecond > 0) || Double.isInfinite(tokensPerSecond)) {
      throw new IllegalArgumentException(
          "throughput of " + tokensPerSecond + " tokens/s: a finite number above 0");
    }
    return dollarsPerHour() / (tokensPerSecond * 3600) * 1e6;
  }
}
