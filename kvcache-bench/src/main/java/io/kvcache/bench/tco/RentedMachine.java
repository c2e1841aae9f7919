package io.kvcache.bench.tco;

/**
 * A machine by the hour, with everything in it.
 *
 * @param name the provider's name for it
 * @param accelerator which accelerators it has
 * @param accelerators how many
 * @param price per hour
 */
public record RentedMachine(String name, String accelerator, int accelerators, Price price) {
  public RentedMachine {
    Prices.require("name of a rented machine", name);
    Prices.require(name + ": accelerator", accelerator);
    Prices.require(name + ": price", price);
    if (accelerators < 1) {
      throw new IllegalArgumentException(name + ": " + accelerators + " accelerators: 1 or more");
    }
  }
}
