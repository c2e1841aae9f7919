package io.kvcache.bench.seeds;

import io.kvcache.bench.sim.ScenarioFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.concurrent.CancellationException;

/** Changes a claim's suspect alone, and says what that does: it proves no more. For one thread. */
final class SuspectSearch {
  private final ScenarioRuns runs;
  private boolean ended;

  SuspectSearch(ScenarioRuns runs) {
    this.runs = runs;
  }

  /** Whether a search was ended before it had found anything. */
  boolean isEnded() {
    return ended;
  }

  /** With which value of its suspect the row would be what is claimed. */
  String sentence(SourceDocument document, Claim claim) throws IOException {
    try {
      return found(document, claim);
    } catch (CancellationException e) {
      ended = true;
      return "the run was ended while "
          + claim.suspect().constant()
          + " was changed alone, to see with which value this row is what is claimed";
    }
  }

  private String found(SourceDocument document, Claim claim) throws IOException {
    Suspect suspect = claim.suspect();
    String stands = ScenarioFile.open(document.scenario()).value(suspect.constant());
    OptionalDouble found =
        Bisection.find(
            at -> changed(document, claim, at), claim.value(), suspect.from(), suspect.to());
    if (found.isPresent()) {
      // Run once more with the value as it is printed, so that whoever sets it gets this figure.
      double value = new BigDecimal(found.getAsDouble()).round(new MathContext(2)).doubleValue();
      double ours = changed(document, claim, value);
      if (claim.reachedBy(ours)) {
        return String.format(
            Locale.ROOT,
            "%s is %s; with %s, everything else unchanged, this row is %.1f %s. That value was"
                + " found by bisection over this constant alone, and is not used; no other constant"
                + " was tried",
            suspect.constant(),
            shown(Double.parseDouble(stands)),
            shown(value),
            ours,
            claim.unit());
      }
    }
    return String.format(
        Locale.ROOT,
        "%s is %s; changed alone, everything else as it is, bisection between %s and %s found no"
            + " value with which this row is what is claimed; no other constant was tried",
        suspect.constant(),
        shown(Double.parseDouble(stands)),
        shown(suspect.from()),
        shown(suspect.to()));
  }

  private static String shown(double value) {
    return value < 1e6
        ? String.format(Locale.ROOT, "%.0f", value)
        : String.format(Locale.ROOT, "%.3g", value);
  }

  private double changed(SourceDocument document, Claim claim, double value) {
    try {
      ScenarioRuns.Pair pair = runs.run(document.scenario(), claim.suspect().constant(), value);
      return claim.metric().of(pair.before(), pair.after());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
