package io.kvcache.bench.tco;

import io.kvcache.bench.json.StrictJson;

/**
 * Savings that somebody published, and what they gave of its conditions: rented machines with a
 * filesystem serve so many times what each serves alone. Immutable.
 *
 * @param machine name of the rented machine
 * @param machines how many of them, with a filesystem, serve all tokens
 * @param tokensPerSecond what they serve
 * @param throughputRatio of a machine with a filesystem to one without
 * @param megabytesPerSecondPerTib tier of the filesystem
 * @param tebibytesPerMachine size of the filesystem for each machine
 * @param costSaving share of the cost, as published
 * @param acceleratorSaving share of the accelerators, as published
 * @param dramBytes a cache in host memory, for comparison
 * @param dramDollars what that costs, as published
 * @param source who published it
 */
public record PublishedSaving(
    String machine,
    double machines,
    double tokensPerSecond,
    double throughputRatio,
    int megabytesPerSecondPerTib,
    double tebibytesPerMachine,
    double costSaving,
    double acceleratorSaving,
    double dramBytes,
    double dramDollars,
    String source) {
  public PublishedSaving {
    Prices.require("machine", machine);
    Prices.require("source", source);
    if (!(machines > 0) || !(tokensPerSecond > 0) || !(throughputRatio > 0)) {
      throw new IllegalArgumentException(
          machines
              + " machines, "
              + tokensPerSecond
              + " tokens/s, throughput times "
              + throughputRatio
              + ": each above 0");
    }
  }

  /** The one that comes with the jar. */
  public static PublishedSaving shipped() {
    return StrictJson.resourceObject(
        PublishedSaving.class, "published-saving.json", PublishedSaving.class);
  }

  /** The same at these prices. */
  public Comparison at(TcoModel model) {
    return new Comparison(
        Bill.of(model.rented(machine, 1)),
        tokensPerSecond / machines / throughputRatio,
        Bill.of(
            model.rented(machine, machines),
            model.filesystem(
                megabytesPerSecondPerTib, machines * tebibytesPerMachine * TcoModel.TIB)),
        tokensPerSecond);
  }
}
