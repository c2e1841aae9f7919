package io.kvcache.bench.seeds;

import io.kvcache.bench.tco.Bill;
import io.kvcache.bench.tco.Comparison;
import io.kvcache.bench.tco.CostItem;
import io.kvcache.bench.tco.TcoModel;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** What the throughputs of two simulations cost, for a document's number of machines. */
final class ServingCosts {
  private final Bill before;
  private final Bill after;
  private final Comparison comparison;
  private final Optional<Double> claimedGain;

  ServingCosts(TcoModel tco, SourceDocument document, ScenarioRuns.Pair pair) {
    double machines = document.constant("machines");
    claimedGain =
        document.claims().stream()
            .filter(c -> c.metric() == Metric.THROUGHPUT_GAIN)
            .map(c -> 1 + c.value() / 100)
            .findFirst();
    CostItem hosts = tco.rented(document.machine(), machines);
    before = Bill.of(hosts);
    after =
        Bill.of(
            hosts,
            tco.filesystem(
                (int) document.constant("filesystem_tier"),
                machines * document.constant("filesystem_tib_per_machine") * (1L << 40)));
    // Both were simulated on as many machines, so that only their ratio counts.
    comparison =
        new Comparison(before, Metric.tokens(pair.before()), after, Metric.tokens(pair.after()));
  }

  /** What the claim is about, in percent. */
  double saving(Metric metric) {
    return 100
        * (metric == Metric.COST_SAVING ? comparison.saving() : comparison.acceleratorSaving());
  }

  List<String> basis() {
    List<String> basis = new ArrayList<>();
    basis.add(
        String.format(
            Locale.ROOT,
            "simulated throughput is %.2f times that with host memory only",
            (1 / (1 - comparison.acceleratorSaving()))));
    claimedGain.ifPresent(
        gain ->
            basis.add(
                String.format(
                    Locale.ROOT,
                    "with the text's own throughput, %.2f times, the same prices save %.1f %% of"
                        + " the cost and %.1f %% of the accelerators",
                    gain,
                    100 * new Comparison(before, 1, after, gain).saving(),
                    100 * new Comparison(before, 1, after, gain).acceleratorSaving())));
    after
        .items()
        .forEach(
            i ->
                basis.add(
                    String.format(
                        Locale.ROOT,
                        "%s: $%,.2f per hour; %s",
                        i.what(),
                        i.dollarsPerHour(),
                        i.basis())));
    return basis;
  }
}
