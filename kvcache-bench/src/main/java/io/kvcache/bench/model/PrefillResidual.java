package io.kvcache.bench.model;

import java.util.List;
import java.util.Locale;

/**
 * A published prefill time next to the modelled one.
 *
 * @param row what was published
 * @param efficiency that it is modelled with
 * @param parts seconds of {@link PrefillCostModel} without fixed overhead
 */
public record PrefillResidual(PublishedPrefill row, Sourced efficiency, PrefillParts parts) {
  /** Every published row with the constants of these catalogues. */
  public static List<PrefillResidual> all(
      Catalogue<ModelShape> models, Catalogue<Accelerator> accelerators) {
    return PublishedPrefill.all().stream().map(row -> of(row, models, accelerators)).toList();
  }

  /** One row with the constants of these catalogues. */
  public static PrefillResidual of(
      PublishedPrefill row, Catalogue<ModelShape> models, Catalogue<Accelerator> accelerators) {
    Deployment deployment = row.deployment(models, accelerators);
    return new PrefillResidual(
        row,
        deployment.accelerator().efficiency().get(deployment.precision()),
        new PrefillCostModel(deployment, 0).parts(row.newTokens(), 0));
  }

  /** Seconds that the model says. */
  public double modelled() {
    return parts.seconds();
  }

  /** How much longer the model says than was published, as a share of the latter. */
  public double relative() {
    return modelled() / row.seconds() - 1;
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
        modelled(),
        parts.link(),
        100 * relative());
  }
}
