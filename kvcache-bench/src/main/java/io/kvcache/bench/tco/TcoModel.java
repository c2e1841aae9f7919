package io.kvcache.bench.tco;

import java.util.Locale;

/**
 * Costs of machines and caches, modelled from {@link Prices}. What is rented costs its price; what
 * is bought costs its price over the years of its use, hour by hour, and its electricity. People,
 * network, idle time and interest are left out. Immutable.
 *
 * @param prices what is taken as given
 */
public record TcoModel(Prices prices) {
  static final double GIB = 1L << 30;
  static final double TIB = 1L << 40;
  private static final double HOURS_PER_YEAR = 8760;
  private static final double HOURS_PER_MONTH = HOURS_PER_YEAR / 12;

  /** Machines by the hour. */
  public CostItem rented(String machine, double count) {
    RentedMachine one = prices.rented(machine);
    amount("machines", count);
    return new CostItem(
        shown(count) + " x " + machine,
        count * one.price().dollars(),
        count * one.accelerators(),
        one.price().toString());
  }

  /** Machines that are bought, with their electricity. */
  public CostItem owned(String machine, double count) {
    OwnedMachine one = prices.owned(machine);
    amount("machines", count);
    double kilowatts = one.watts() / 1000 * prices.powerOverhead().value();
    return new CostItem(
        shown(count) + " x " + machine,
        count * (perHour(one.capital()) + kilowatts * prices.electricity().dollars()),
        count * one.accelerators(),
        one.accelerators()
            + " x "
            + one.acceleratorPrice()
            + ", host "
            + one.hostPrice()
            + ", "
            + amortised()
            + ", "
            + shown(kilowatts)
            + " kW at "
            + prices.electricity());
  }

  /** Host memory of that size that is bought, in whole modules. */
  public CostItem dram(double bytes) {
    return new CostItem(
        shown(bytes / 1e12) + " TB of DRAM",
        perHour(dramCapital(bytes)),
        0,
        prices.dramModule().price() + ", " + amortised());
  }

  /** Dollars that host memory of that size costs to buy, in whole modules. */
  public double dramCapital(double bytes) {
    amount("bytes", bytes);
    return prices.dramModule().count(bytes) * prices.dramModule().price().dollars();
  }

  /** A filesystem by the month. */
  public CostItem filesystem(int megabytesPerSecondPerTib, double bytes) {
    FilesystemTier tier = prices.tier(megabytesPerSecondPerTib);
    amount("bytes", bytes);
    return new CostItem(
        shown(bytes / TIB) + " TiB of filesystem, " + megabytesPerSecondPerTib + " MB/s per TiB",
        bytes / GIB * tier.price().dollars() / HOURS_PER_MONTH,
        0,
        tier.price().toString());
  }

  /** A filesystem that is bought. */
  public CostItem ownedFilesystem(double bytes) {
    return new CostItem(
        shown(bytes / 1e12) + " TB of filesystem",
        perHour(ownedFilesystemCapital(bytes)),
        0,
        prices.ownedFilesystem() + ", " + amortised());
  }

  /** Dollars that a filesystem of that size costs to buy. */
  public double ownedFilesystemCapital(double bytes) {
    amount("bytes", bytes);
    return bytes / 1e12 * prices.ownedFilesystem().dollars();
  }

  private double perHour(double capital) {
    return capital / (prices.amortisationYears().value() * HOURS_PER_YEAR);
  }

  private String amortised() {
    return "over " + shown(prices.amortisationYears().value()) + " years";
  }

  private static void amount(String what, double amount) {
    if (!(amount >= 0) || Double.isInfinite(amount)) {
      throw new IllegalArgumentException(amount + " " + what + ": a finite number, 0 or more");
    }
  }

  private static String shown(double number) {
    return number == Math.rint(number)
        ? String.format(Locale.ROOT, "%.0f", number)
        : String.format(Locale.ROOT, "%.2f", number);
  }
}
