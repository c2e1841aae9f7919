package io.kvcache.bench.seeds;

import io.kvcache.bench.chart.LineChart;
import io.kvcache.bench.model.Accelerator;
import io.kvcache.bench.model.Catalogue;
import io.kvcache.bench.model.Deployment;
import io.kvcache.bench.model.ModelShape;
import io.kvcache.bench.model.PrefillResidual;
import io.kvcache.bench.model.PublishedPrefill;
import io.kvcache.bench.sim.CostModels;
import io.kvcache.bench.sim.Scenario;
import io.kvcache.bench.sim.ScenarioFile;
import io.kvcache.bench.sim.SimResult;
import io.kvcache.bench.tco.TcoModel;
import io.kvcache.bench.ttft.TtftTrial;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.function.Predicate;

/** Finds ours for every claim. For one thread. */
public final class Seeds {
  /** For which the sources count machines. */
  private static final double TOKENS_PER_SECOND = 1e6;

  /** Document of the published prefills, which are not among the claims. */
  private static final String PREFILLS = "P";

  /** Document of the two charts. */
  private static final String CHARTS = "S3";

  private final Catalogue<ModelShape> models;
  private final Catalogue<Accelerator> accelerators;
  private final TcoModel tco;
  private final ScenarioRuns runs;
  private final SuspectSearch suspects;
  private final StorageRows storageRows;

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
    suspects = new SuspectSearch(runs);
    storageRows = new StorageRows(tco, directory, bytesPerSecond, watch);
  }

  /** Of every row, in the documents' order. */
  public static List<String> ids() {
    List<String> ids = new ArrayList<>();
    for (SourceDocument document : SourceDocument.all()) {
      document.claims().forEach(claim -> ids.add(claim.id()));
    }
    PublishedPrefill.all().forEach(prefill -> ids.add(prefill.id()));
    return ids.stream().distinct().toList();
  }

  /**
   * What was found.
   *
   * @param complete whether it is all that was asked for
   * @param rows in the documents' order
   */
  public record Found(boolean complete, List<SeedRow> rows) {
    /** Whether there are rows of the document that the charts and their curves are of. */
    public boolean hasCharts() {
      return rows.stream().anyMatch(row -> row.document().equals(CHARTS));
    }
  }

  /** A row that is asked for. */
  private record Job(Metric.Work work, Row row) {
    interface Row {
      SeedRow find() throws IOException, InterruptedException;
    }
  }

  /** Rows of the claims that are asked for; those so far if the watch ends it. */
  public Found rows(Predicate<String> id) throws IOException, InterruptedException {
    return rows(SourceDocument.all(), id);
  }

  Found rows(List<SourceDocument> documents, Predicate<String> id)
      throws IOException, InterruptedException {
    List<Job> jobs = jobs(documents, id);
    SeedRow[] rows = new SeedRow[jobs.size()];
    boolean complete = true;
    try {
      // What takes no time first, so that whoever ends the run has it.
      for (Metric.Work work : Metric.Work.values()) {
        for (int i = 0; i < rows.length; i++) {
          if (jobs.get(i).work() == work) {
            rows[i] = jobs.get(i).row().find();
          }
        }
      }
    } catch (CancellationException e) {
      complete = false;
    }
    return new Found(
        complete && !suspects.isEnded() && !storageRows.isCut(),
        Arrays.stream(rows).filter(Objects::nonNull).toList());
  }

  private List<Job> jobs(List<SourceDocument> documents, Predicate<String> id) {
    List<Job> jobs = new ArrayList<>();
    for (SourceDocument document : documents) {
      for (Claim claim : document.claims()) {
        if (id.test(claim.id())) {
          jobs.add(new Job(claim.metric().work(), () -> row(document, claim)));
        }
      }
      if (document.document().equals(PREFILLS)) {
        for (PublishedPrefill each : PublishedPrefill.all()) {
          if (id.test(each.id())) {
            jobs.add(
                new Job(
                    Metric.Work.MODELLED,
                    () -> prefill(PrefillResidual.of(each, models, accelerators))));
          }
        }
      }
    }
    return jobs;
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
        .filter(d -> d.document().equals(CHARTS))
        .map(this::storage)
        .findFirst()
        .orElseThrow();
  }

  /** The constants behind those of the rows that are the document's. */
  DocumentConstants constants(SourceDocument document, List<SeedRow> rows) throws IOException {
    List<Deployment> deployments =
        PublishedPrefill.all().stream()
            .filter(each -> document.document().equals(PREFILLS))
            .filter(each -> rows.stream().anyMatch(row -> row.id().equals(each.id())))
            .map(each -> each.deployment(models, accelerators))
            .toList();
    return DocumentConstants.of(document, deployments, models, accelerators);
  }

  private StorageModel storage(SourceDocument document) {
    return new StorageModel(document, models, accelerators, tco);
  }

  private SeedRow row(SourceDocument document, Claim claim)
      throws IOException, InterruptedException {
    return switch (claim.metric()) {
      case IO_THREADS -> storageRows.ioThreads(document, claim, storage(document));
      case KV_IN_ALL -> modelled(document, claim, kvInAll(document) / bytes(claim.unit()));
      case HOST_MEMORY ->
          modelled(document, claim, variant(document, "dram").dram().bytes() / bytes(claim.unit()));
      case HBM -> modelled(document, claim, hbm(document) / 1e9);
      case MACHINES -> machines(document, claim);
      case LONG_PREFILL -> longPrefill(document, claim);
      case COST_SAVING, ACCELERATOR_SAVING -> saving(document, claim);
      case RESTORE_REDUCTION, RESTORE_SPEEDUP ->
          storageRows.restore(document, claim, storage(document));
      case BYTES_PER_TOKEN -> modelled(document, claim, storage(document).bytesPerToken() / 1024);
      case COST_FACTOR -> storageRows.costFactor(document, claim, storage(document));
      case DRAM_OVER_FILESYSTEM ->
          storageRows.dramOverFilesystem(document, claim, storage(document));
      case DRAM_CAPITAL ->
          modelled(document, claim, tco.dramCapital(document.constant("cache_bytes")));
      default -> simulated(document, claim);
    };
  }

  private static SeedRow modelled(SourceDocument document, Claim claim, double ours) {
    return SeedRow.modelled(document, claim, ours, List.of());
  }

  private static double bytes(String unit) {
    return unit.equals("GiB") ? 1L << 30 : 1L << 40;
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
        pair.assumptions(),
        tried ? suspects.sentence(document, claim) : null);
  }

  private SeedRow saving(SourceDocument document, Claim claim) throws IOException {
    ScenarioRuns.Pair pair = runs.run(document.scenario());
    ServingCosts costs = new ServingCosts(tco, document, pair);
    List<String> more = new ArrayList<>(costs.basis());
    more.addAll(pair.assumptions());
    return SeedRow.of(document, claim, costs.saving(claim.metric()), SeedRow.SIMULATED, more, null);
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
        document, claim, TOKENS_PER_SECOND / perMachine, SeedRow.SIMULATED, more, null);
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
        List.of(deployment.title()),
        prefill.seconds() >= claim.value() ? null : prefill.shortOf(claim.value()));
  }

  private static SeedRow prefill(PrefillResidual residual) {
    return new SeedRow(
        residual.row().id(),
        "prefill",
        PREFILLS,
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
            String.format(
                Locale.ROOT,
                "efficiency of %s %s: %.3f, %s; no fixed overhead",
                residual.row().accelerator(),
                residual.row().precision(),
                residual.efficiency().value(),
                residual.efficiency().source()),
            String.format(
                Locale.ROOT, "%.3f s of it between accelerators", residual.parts().link())),
        null);
  }
}
