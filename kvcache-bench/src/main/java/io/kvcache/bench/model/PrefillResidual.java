package io.kvcache.bench.model;

import java.util.List;
import java.util.Locale;

/**
 * A published prefill time next to the modelled one.
 *
 * @param row what was published
 * @param modelled seconds of {@link PrefillCostModel} without fixed overhead
 * @param link those of them in which accelerators add up between each other
 */
public record PrefillResidual(PublishedPrefill row, double modelled, double link) {
  /** Every published row with the constants of these catalogues. */
  public static List<PrefillResidual> all(
      Catalogue<ModelShape> models, Catalogue<Accelerator> accelerators) {
    return PublishedPrefill.all().stream()
        .map(
            row -> {
              Deployment deployment = row.deployment(models, accelerators);
              return new PrefillResidual(
                  row,
                  new PrefillCostModel(deployment, 0).seconds(row.newTokens(), 0),
                  deployment.linkSeconds(row.newTokens()));
            })
        .toList();
  }

  /** How much longer the model says than was published, as a share of the latter. */
  public double relative() {
    return modelled / row.seconds() - 1;
  }

  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        "%s %s %s %d x %s, %,d tokens: published %.3f s, modelled %.3f s (%.3f s of it between"
            + " accelerators), %+.1f %%",
        row.id(),
        row.model(),
        row.precision(),
        row.width(),
        row.accelerator(),
        row.newTokens(),
        row.seconds(),
        modelled,
        link,
        100 * relative());
  }
}
