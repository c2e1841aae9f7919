package io.kvcache.bench.seeds;

import io.kvcache.bench.chart.LineChart;
import io.kvcache.bench.model.Accelerator;
import io.kvcache.bench.model.Catalogue;
import io.kvcache.bench.model.Deployment;
import io.kvcache.bench.model.ModelShape;
import io.kvcache.bench.model.PrefillResidual;
import io.kvcache.bench.sim.CostModels;
import io.kvcache.bench.sim.Scenario;
import io.kvcache.bench.sim.ScenarioFile;
import io.kvcache.bench.sim.SimResult;
import io.kvcache.bench.tco.Bill;
import io.kvcache.bench.tco.Comparison;
import io.kvcache.bench.tco.CostItem;
import io.kvcache.bench.tco.TcoModel;
import io.kvcache.bench.ttft.TtftTrial;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.math.MathContext;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.concurrent.CancellationException;
import java.util.function.Predicate;

/** Finds ours for every claim, document by document. For one thread. */
public final class Seeds {
  /** For which the sources count machines. */
  private static final double TOKENS_PER_SECOND = 1e6;

  private final Catalogue<ModelShape> models;
  private final Catalogue<Accelerator> accelerators;
  private final TcoModel tco;
  private final ScenarioRuns runs;
  private final Optional<MeasuredRestores> measured;
  private final Optional<MeasuredThreads> threads;

  /** Whether a row was found, but not the constant that it should name. */
  private boolean ended;

  /**
   * @param models every model that a document names
   * @param accelerators every accelerator that a document names
   * @param tco with every price that a document names
   * @param seed of the simulations
   * @param directory where restores are measured; empty to model them
   * @param bytesPerSecond what that directory reads; 0 to measure it
   * @param simulated results with that seed and catalogues, which are not simulated again; gets
   *     those that are
   * @param watch hears how far it is
   */
  public Seeds(
      Catalogue<ModelShape> models,
      Catalogue<Accelerator> accelerators,
      TcoModel tco,
      long seed,
      Optional<Path> directory,
      double bytesPerSecond,
      Map<Scenario, SimResult> simulated,
      TtftTrial.Watch watch) {
    this.models = models;
    this.accelerators = accelerators;
    this.tco = tco;
    runs = new ScenarioRuns(new CostModels(models, accelerators), seed, simulated, watch);
    measured = directory.map(d -> new MeasuredRestores(d, bytesPerSecond, watch));
    threads = directory.map(d -> new MeasuredThreads(d, bytesPerSecond, watch));
  }

  /**
   * What was found.
   *
   * @param complete whether it is all that was asked for
   * @param rows in the documents' order
   */
  public record Found(boolean complete, List<SeedRow> rows) {}

  /** Rows of the claims that are asked for; those so far if the watch ends it. */
  public Found rows(Predicate<String> id) throws IOException, InterruptedException {
    return rows(SourceDocument.all(), id);
  }

  Found rows(List<SourceDocument> documents, Predicate<String> id)
      throws IOException, InterruptedException {
    List<SeedRow> rows = new ArrayList<>();
    try {
      for (SourceDocument document : documents) {
        for (Claim claim : document.claims()) {
          if (id.test(claim.id())) {
            rows.add(row(document, claim));
          }
        }
        if (document.document().equals("P")) {
          PrefillResidual.all(models, accelerators).stream()
              .filter(residual -> id.test(residual.row().id()))
              .forEach(residual -> rows.add(prefill(residual)));
        }
      }
    } catch (CancellationException e) {
      return new Found(false, rows);
    }
    return new Found(!ended && measured.map(m -> !m.isCut()).orElse(true), rows);
  }

  /** The model behind the two charts. */
  public List<Curve> curves() {
    return Curve.all(storageModel());
  }

  /** Time to first token over reuse. */
  public LineChart ttftChart() {
    return StorageCharts.ttft(storageModel());
  }

  /** Cost over reuse. */
  public LineChart costChart() {
    return StorageCharts.cost(storageModel());
  }

  private StorageModel storageModel() {
    return SourceDocument.all().stream()
        .filter(d -> d.document().equals("S3"))
        .map(this::storage)
        .findFirst()
        .orElseThrow();
  }

  private StorageModel storage(SourceDocument document) {
    return new StorageModel(document, models, accelerators, tco);
  }

  private SeedRow row(SourceDocument document, Claim claim)
      throws IOException, InterruptedException {
    return switch (claim.metric()) {
      case IO_THREADS -> ioThreads(document, claim);
      case KV_IN_ALL -> modelled(document, claim, kvInAll(document) / (1L << 40), List.of());
      case HOST_MEMORY ->
          modelled(
              document, claim, variant(document, "dram").dram().bytes() / (1L << 40), List.of());
      case HBM -> modelled(document, claim, hbm(document) / 1e9, List.of());
      case MACHINES -> machines(document, claim);
      case LONG_PREFILL -> longPrefill(document, claim);
      case COST_SAVING, ACCELERATOR_SAVING -> saving(document, claim);
      case RESTORE_REDUCTION, RESTORE_SPEEDUP -> restore(document, claim);
      case BYTES_PER_TOKEN ->
          modelled(document, claim, storage(document).bytesPerToken() / 1024, List.of());
      case COST_FACTOR -> costFactor(document, claim);
      case DRAM_OVER_FILESYSTEM -> dramOverFilesystem(document, claim);
      case DRAM_CAPITAL ->
          modelled(document, claim, tco.dramCapital(document.constant("cache_bytes")), List.of());
      default -> simulated(document, claim);
    };
  }

  private static SeedRow modelled(
      SourceDocument document, Claim claim, double ours, List<String> more) {
    return SeedRow.of(document, claim, ours, SeedRow.MODELLED, assumptions(claim, more), null);
  }

  private static List<String> assumptions(Claim claim, List<String> more) {
    List<String> all = new ArrayList<>(claim.assumptions());
    all.addAll(more);
    return all;
  }

  private SeedRow simulated(SourceDocument document, Claim claim) throws IOException {
    ScenarioRuns.Pair pair = runs.run(document.scenario());
    double ours = claim.metric().of(pair.before(), pair.after());
    boolean tried = claim.suspect() != null && !claim.reachedBy(ours);
    return SeedRow.of(
        document,
        claim,
        ours,
        SeedRow.SIMULATED,
        assumptions(claim, pair.assumptions()),
        tried ? suspected(document, claim) : null);
  }

  private String suspected(SourceDocument document, Claim claim) throws IOException {
    try {
      return prevents(document, claim);
    } catch (CancellationException e) {
      ended = true;
      return "the run was ended while "
          + claim.suspect().constant()
          + " was changed alone, to see with which value this row is what is claimed";
    }
  }

  /** Changes the suspect alone, and says what that does: it proves no more. */
  private String prevents(SourceDocument document, Claim claim) throws IOException {
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

  private SeedRow saving(SourceDocument document, Claim claim) throws IOException {
    ScenarioRuns.Pair pair = runs.run(document.scenario());
    Costs costs = new Costs(document, pair.before(), pair.after());
    double ours =
        100
            * (claim.metric() == Metric.COST_SAVING
                ? costs.comparison().saving()
                : costs.comparison().acceleratorSaving());
    List<String> more = new ArrayList<>(costs.basis());
    more.addAll(pair.assumptions());
    return SeedRow.of(document, claim, ours, SeedRow.SIMULATED, assumptions(claim, more), null);
  }

  /** What the simulated throughputs cost, for the document's number of machines. */
  private final class Costs {
    private final Bill before;
    private final Bill after;
    private final Comparison comparison;
    private final Optional<Double> claimedGain;

    Costs(SourceDocument document, SimResult without, SimResult with) {
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
      comparison = new Comparison(before, Metric.tokens(without), after, Metric.tokens(with));
    }

    Comparison comparison() {
      return comparison;
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

  private SeedRow ioThreads(SourceDocument document, Claim claim)
      throws IOException, InterruptedException {
    if (threads.isEmpty()) {
      return SeedRow.ofSetting(
          document, claim, null, assumptions(claim, List.of("not measured: it needs --dir")));
    }
    MeasuredThreads.Compared compared =
        threads
            .get()
            .run(storage(document), (int) claim.value(), (int) document.constant("few_threads"));
    return SeedRow.ofSetting(
        document, claim, compared.times(), assumptions(claim, List.of(compared.basis())));
  }

  private static Scenario variant(SourceDocument document, String name) throws IOException {
    return ScenarioFile.open(document.scenario()).variants().stream()
        .filter(v -> v.name().equals(name))
        .findFirst()
        .orElseThrow()
        .scenario();
  }

  /** Bytes of all contexts that come again. */
  private double kvInAll(SourceDocument document) throws IOException {
    Scenario scenario = variant(document, "dram");
    return (double) scenario.workload().prefixes()
        * scenario.workload().prefixTokens()
        * models.named(scenario.model()).bytesPerToken();
  }

  private double hbm(SourceDocument document) {
    return accelerators.named(document.accelerator()).hbmBytes().value() * document.width();
  }

  private SeedRow machines(SourceDocument document, Claim claim) throws IOException {
    ScenarioRuns.Pair pair = runs.run(document.scenario());
    double perMachine = Metric.tokens(pair.after()) / variant(document, "dram+filesystem").nodes();
    List<String> more = new ArrayList<>();
    more.add(
        String.format(
            Locale.ROOT,
            "%,.0f tokens/s of each machine; theirs serves %,.0f",
            perMachine,
            TOKENS_PER_SECOND / claim.value()));
    more.addAll(pair.assumptions());
    return SeedRow.of(
        document,
        claim,
        TOKENS_PER_SECOND / perMachine,
        SeedRow.SIMULATED,
        assumptions(claim, more),
        null);
  }

  private SeedRow longPrefill(SourceDocument document, Claim claim) {
    Deployment deployment = document.deployment(models, accelerators);
    LongPrefill prefill =
        new LongPrefill(deployment, (long) document.constant("long_context_tokens"));
    return SeedRow.of(
        document,
        claim,
        prefill.seconds(),
        SeedRow.MODELLED,
        assumptions(claim, List.of(deployment.title())),
        claim.reachedBy(prefill.seconds()) ? null : prefill.shortOf(claim.value()));
  }

  private SeedRow restore(SourceDocument document, Claim claim)
      throws IOException, InterruptedException {
    StorageModel model = storage(document);
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
        assumptions(claim, List.of(basis)),
        null);
  }

  private SeedRow costFactor(SourceDocument document, Claim claim) {
    StorageModel model = storage(document);
    double ours =
        model.dollars(StorageModel.Place.FILESYSTEM, 0)
            / model.dollars(StorageModel.Place.FILESYSTEM, 100);
    return modelled(document, claim, ours, costBasis(document));
  }

  private SeedRow dramOverFilesystem(SourceDocument document, Claim claim) {
    StorageModel model = storage(document);
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
    return modelled(document, claim, model.dramOverFilesystem(), more);
  }

  private List<String> costBasis(SourceDocument document) {
    double bytes = document.constant("cache_bytes");
    return List.of(
        tco.owned(document.machine(), 1).basis(),
        tco.dram(bytes).basis(),
        tco.ownedFilesystem(bytes).basis());
  }

  private static SeedRow prefill(PrefillResidual residual) {
    return new SeedRow(
        residual.row().id(),
        "prefill",
        "P",
        String.format(
            Locale.ROOT,
            "prefill of %,d tokens of %s on %d x %s",
            residual.row().newTokens(),
            residual.row().model(),
            residual.row().width(),
            residual.row().accelerator()),
        residual.row().seconds(),
        false,
        residual.modelled(),
        residual.modelled() / residual.row().seconds(),
        "s",
        SeedRow.MODELLED,
        residual.row().source(),
        List.of(
            "one efficiency for the accelerator and precision ("
                + residual.row().precision()
                + "), no fixed overhead",
            String.format(
                Locale.ROOT, "%.3f s of it between accelerators", residual.parts().link())),
        null);
  }
}
