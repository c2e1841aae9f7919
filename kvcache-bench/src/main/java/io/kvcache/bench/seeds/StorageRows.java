package io.kvcache.bench.seeds;

import io.kvcache.bench.tco.TcoModel;
import io.kvcache.bench.ttft.TtftTrial;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Rows about one request and where its reused tokens are, measured if there is a directory. */
final class StorageRows {
  private final TcoModel tco;
  private final Optional<MeasuredRestores> measured;
  private final Optional<MeasuredThreads> threads;

  /**
   * @param directory where restores are measured; empty to model them
   * @param bytesPerSecond what that directory reads; 0 to measure it
   */
  StorageRows(
      TcoModel tco, Optional<Path> directory, double bytesPerSecond, TtftTrial.Watch watch) {
    this.tco = tco;
    measured = directory.map(d -> new MeasuredRestores(d, bytesPerSecond, watch));
    threads = directory.map(d -> new MeasuredThreads(d, bytesPerSecond, watch));
  }

  /** Whether a measurement was ended with fewer rounds than it was to have. */
  boolean isCut() {
    return measured.map(MeasuredRestores::isCut).orElse(false);
  }

  SeedRow ioThreads(SourceDocument document, Claim claim, StorageModel model)
      throws IOException, InterruptedException {
    if (threads.isEmpty()) {
      return SeedRow.ofSetting(document, claim, null, "not measured: it needs --dir");
    }
    MeasuredThreads.Compared compared =
        threads.get().run(model, (int) claim.value(), (int) document.constant("few_threads"));
    return SeedRow.ofSetting(document, claim, compared.times(), compared.basis());
  }

  SeedRow restore(SourceDocument document, Claim claim, StorageModel model)
      throws IOException, InterruptedException {
    double ttft = model.ttft(StorageModel.Place.FILESYSTEM, model.highReuse());
    double baseline = model.ttft(StorageModel.Place.NO_REUSE, 0);
    String basis =
        String.format(
            Locale.ROOT,
            "%s; modelled %.3f s after %.3f s without reuse, at 95 %% reuse %.1f times sooner; a"
                + " directory measures it",
            model.title(),
            ttft,
            baseline,
            baseline / model.ttft(StorageModel.Place.FILESYSTEM, 95));
    if (measured.isPresent()) {
      MeasuredRestores.Restore restore = measured.get().run(model);
      ttft = restore.ttftSeconds();
      baseline = restore.baselineSeconds();
      basis = model.title() + "; " + restore.basis();
    }
    double ours =
        claim.metric() == Metric.RESTORE_SPEEDUP ? baseline / ttft : 100 * (1 - ttft / baseline);
    return SeedRow.of(
        document,
        claim,
        ours,
        measured.isPresent() ? SeedRow.MEASURED : SeedRow.MODELLED,
        List.of(basis),
        null);
  }

  SeedRow costFactor(SourceDocument document, Claim claim, StorageModel model) {
    double ours =
        model.dollars(StorageModel.Place.FILESYSTEM, 0)
            / model.dollars(StorageModel.Place.FILESYSTEM, 100);
    return SeedRow.modelled(document, claim, ours, costBasis(document));
  }

  SeedRow dramOverFilesystem(SourceDocument document, Claim claim, StorageModel model) {
    List<String> more = new ArrayList<>(costBasis(document));
    Bisection.find(at -> model.withOverhead(at).dramOverFilesystem(), 1, 1e-3, 10)
        .ifPresent(
            at ->
                more.add(
                    String.format(
                        Locale.ROOT,
                        "rests on the fixed overhead: with less than about %.3f s DRAM would be the"
                            + " cheaper one at full reuse",
                        at)));
    return SeedRow.modelled(document, claim, model.dramOverFilesystem(), more);
  }

  private List<String> costBasis(SourceDocument document) {
    double bytes = document.constant("cache_bytes");
    return List.of(
        tco.owned(document.machine(), 1).basis(),
        tco.dram(bytes).basis(),
        tco.ownedFilesystem(bytes).basis());
  }
}
