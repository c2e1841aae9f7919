package io.kvcache.bench.model;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * The fixed overhead and the one efficiency that explain timed prefills best: least squares of the
 * relative error, so that short prefills count as much as long ones. Sums between accelerators are
 * the model's and are not fitted. Immutable.
 *
 * @param deployment what was timed, with the efficiency that was found
 * @param fixedOverheadSeconds what every request takes before and after its tokens; never below 0
 * @param residuals for each prefill how much longer the model says, as a share of what was measured
 */
public record Calibration(
    Deployment deployment, double fixedOverheadSeconds, List<Double> residuals) {
  /** Spread of the work below which overhead and efficiency cannot be told apart. */
  private static final double LEAST_SPREAD = 1.5;

  public Calibration {
    residuals = List.copyOf(residuals);
  }

  /**
   * Fits both.
   *
   * @param deployment where it was timed; its efficiency does not matter
   * @throws IllegalArgumentException if the times say nothing, or nothing possible, of the two
   */
  public static Calibration fit(Deployment deployment, List<MeasuredPrefill> measured) {
    List<Observation> all = observations(deployment, measured);
    double least = all.stream().mapToDouble(Observation::ideal).min().orElse(0);
    double most = all.stream().mapToDouble(Observation::ideal).max().orElse(0);
    if (measured.size() < 2 || most < LEAST_SPREAD * least) {
      throw new IllegalArgumentException(
          measured.size()
              + " prefills of about the same work: overhead and efficiency need two or more, the"
              + " largest at least "
              + LEAST_SPREAD
              + " times the smallest");
    }
    double ones = 0;
    double mixed = 0;
    double squares = 0;
    double left = 0;
    double right = 0;
    for (Observation o : all) {
      double a = 1 / o.seconds();
      double b = o.ideal() / o.seconds();
      double c = 1 - o.link() / o.seconds();
      ones += a * a;
      mixed += a * b;
      squares += b * b;
      left += a * c;
      right += b * c;
    }
    double determinant = ones * squares - mixed * mixed;
    double overhead = (left * squares - right * mixed) / determinant;
    if (!(overhead > 0)) {
      return of(deployment, measured, 0, inverse(all));
    }
    return of(deployment, measured, overhead, (ones * right - mixed * left) / determinant);
  }

  /**
   * Fits the efficiency alone, without overhead, to prefills of one accelerator and precision.
   *
   * @throws IllegalArgumentException if the times say nothing possible of it
   */
  static double efficiency(List<Observation> all) {
    return possible(inverse(all));
  }

  private static double inverse(List<Observation> all) {
    double squares = 0;
    double right = 0;
    for (Observation o : all) {
      double b = o.ideal() / o.seconds();
      squares += b * b;
      right += b * (1 - o.link() / o.seconds());
    }
    return right / squares;
  }

  private static double possible(double inverse) {
    if (!(inverse >= 1)) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "these times need %s of the accelerators' peak: check tokens, seconds, precision and"
                  + " width",
              inverse > 0
                  ? String.format(Locale.ROOT, "%.0f %%", 100 / inverse)
                  : "less than nothing"));
    }
    return 1 / inverse;
  }

  private static Calibration of(
      Deployment deployment, List<MeasuredPrefill> measured, double overhead, double inverse) {
    Sourced efficiency =
        new Sourced(possible(inverse), "calibrated from " + measured.size() + " prefills");
    Deployment fitted = deployment.withEfficiency(efficiency);
    PrefillCostModel model = new PrefillCostModel(fitted, overhead);
    return new Calibration(
        fitted,
        overhead,
        measured.stream()
            .map(m -> model.seconds(m.newTokens(), m.reusedTokens()) / m.seconds() - 1)
            .toList());
  }

  private static List<Observation> observations(
      Deployment deployment, List<MeasuredPrefill> measured) {
    List<Observation> all = new ArrayList<>();
    for (MeasuredPrefill m : measured) {
      all.add(Observation.of(deployment, m));
    }
    return all;
  }

  /** Share of the peak that was found. */
  public double efficiency() {
    return deployment.accelerator().efficiency().get(deployment.precision()).value();
  }

  /** The cost model with both. */
  public PrefillCostModel model() {
    return new PrefillCostModel(deployment, fixedOverheadSeconds);
  }

  /**
   * A prefill as the fit sees it, all in seconds.
   *
   * @param ideal at the accelerators' peak
   * @param link sums between accelerators
   * @param seconds measured
   */
  record Observation(double ideal, double link, double seconds) {
    static Observation of(Deployment deployment, MeasuredPrefill m) {
      return new Observation(
          deployment.idealSeconds(m.newTokens(), m.reusedTokens()),
          deployment.linkSeconds(m.newTokens()),
          m.seconds());
    }
  }
}
