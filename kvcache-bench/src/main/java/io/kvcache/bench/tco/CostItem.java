package io.kvcache.bench.tco;

/**
 * One line of a bill.
 *
 * @param what is paid for
 * @param dollarsPerHour what it costs
 * @param accelerators how many accelerators it brings
 * @param basis prices and assumptions behind the number
 */
public record CostItem(String what, double dollarsPerHour, double accelerators, String basis) {
  public CostItem {
    Prices.require("what is paid for", what);
    Prices.require(what + ": basis", basis);
    if (!(dollarsPerHour >= 0) || Double.isInfinite(dollarsPerHour) || !(accelerators >= 0)) {
      throw new IllegalArgumentException(
          what + ": " + dollarsPerHour + " dollars per hour, " + accelerators + " accelerators");
    }
  }
}
