package io.kvcache.bench.tco;

/**
 * A machine that is bought and fed.
 *
 * @param name what it is called on the command line
 * @param accelerator which accelerators it has
 * @param accelerators how many
 * @param acceleratorPrice of one of them
 * @param hostPrice of everything else in it, without memory for a cache
 * @param watts of the whole machine at work
 * @param wattsSource where that is from
 */
public record OwnedMachine(
    String name,
    String accelerator,
    int accelerators,
    Price acceleratorPrice,
    Price hostPrice,
    double watts,
    String wattsSource) {
  public OwnedMachine {
    Prices.require("name of an owned machine", name);
    Prices.require(name + ": accelerator", accelerator);
    Prices.require(name + ": acceleratorPrice", acceleratorPrice);
    Prices.require(name + ": hostPrice", hostPrice);
    Prices.require(name + ": wattsSource", wattsSource);
    if (accelerators < 1 || !(watts >= 0) || Double.isInfinite(watts)) {
      throw new IllegalArgumentException(
          name + ": " + accelerators + " accelerators, " + watts + " W: 1 or more, 0 or more");
    }
  }

  /** Dollars that it costs to buy. */
  public double capital() {
    return accelerators * acceleratorPrice.dollars() + hostPrice.dollars();
  }
}
