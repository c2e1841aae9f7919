package io.kvcache.bench.report;

import com.fasterxml.jackson.databind.JsonNode;
import io.kvcache.bench.io.DiskSpace;
import io.kvcache.bench.model.Catalogue;
import io.kvcache.bench.seeds.Constant;
import io.kvcache.bench.seeds.DocumentConstants;
import io.kvcache.bench.seeds.SeedRow;
import io.kvcache.bench.seeds.Seeds;
import io.kvcache.bench.seeds.SeedsResult;
import io.kvcache.bench.tco.Prices;
import io.kvcache.bench.tco.TcoModel;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CancellationException;

/** What texts about external KV caches publish, and ours beside it. */
final class SeedsSection implements ReportSection {
  /** Rows that take no time: they are modelled. */
  private static final List<String> QUICK = List.of("S0.7", "S2", "S3", "P");

  /**
   * Room for a scaled prompt's files; a trial knows exactly, once it has measured the directory.
   */
  private static final int FILES = 32;

  private static final long FILE_BYTES = 64L << 20;
  private static final long SPARE_BYTES = 64L << 20;

  /** Arrays and texts of a scenario that its table has no use for. */
  private static final List<String> LEFT_OUT = List.of("description", "assumptions");

  @Override
  public String name() {
    return "seeds";
  }

  @Override
  public String title() {
    return "Published figures and ours";
  }

  @Override
  public Kind kind() {
    return Kind.SIMULATED;
  }

  @Override
  public String command(ReportContext context) {
    return "java -jar kvcache-bench.jar seeds --seed "
        + ReportContext.SEED
        + (context.quick() ? " --only " + String.join(",", QUICK) : " --dir DIR");
  }

  @Override
  public void check(ReportContext context) throws IOException {
    if (!context.quick()) {
      DiskSpace.require(
          context.directory(),
          FILES,
          FILE_BYTES,
          SPARE_BYTES,
          "free some, name another directory, or run with --quick");
    }
  }

  @Override
  public SectionResult run(ReportContext context) throws IOException, InterruptedException {
    Seeds seeds =
        new Seeds(
            Catalogue.models(),
            Catalogue.accelerators(),
            new TcoModel(Prices.shipped()),
            ReportContext.SEED,
            context.quick() ? Optional.empty() : Optional.of(context.directory()),
            0,
            context.simulated(),
            context.watch());
    Seeds.Found found =
        seeds.rows(id -> !context.quick() || QUICK.stream().anyMatch(id::startsWith));
    if (found.rows().isEmpty()) {
      throw new CancellationException("ended before the first row");
    }
    SeedsResult result = SeedsResult.of(ReportContext.SEED, seeds, found);
    List<Figure> figures = new ArrayList<>();
    for (Kind kind : List.of(Kind.MEASURED_AND_MODELLED, Kind.SIMULATED, Kind.MODELLED)) {
      List<SeedRow> rows = result.rows().stream().filter(row -> kind(row) == kind).toList();
      if (!rows.isEmpty()) {
        figures.add(rows(kind, rows));
      }
    }
    figures.add(Figure.of(Kind.MODELLED, seeds.ttftChart()));
    figures.add(Figure.of(Kind.MODELLED, seeds.costChart()));
    figures.add(assumptions(result));
    result.constants().forEach(set -> figures.add(constants(set)));
    return new SectionResult(notes(context, result), figures, ReportFiles.JSON.valueToTree(result));
  }

  /** What is measured of a row is a restore; its prefill is modelled. */
  private static Kind kind(SeedRow row) {
    return switch (row.kind()) {
      case "measured" -> Kind.MEASURED_AND_MODELLED;
      case "simulated" -> Kind.SIMULATED;
      default -> Kind.MODELLED;
    };
  }

  private static List<String> notes(ReportContext context, SeedsResult result) {
    List<String> notes = new ArrayList<>();
    notes.add(
        "What public texts about external KV caches claim, and what this library's simulator,"
            + " models and restores give under the same conditions. Each text has one set of"
            + " constants, below; none is fitted to a row of that text. Efficiencies are fitted to"
            + " P1 to P6: that of the H100 in bfloat16, on which S0 to S3 rest, to P3 alone, which"
            + " therefore says nothing. The published figures are of other caches.");
    notes.add(
        "Ratio is ours over theirs. A row is reached if ours is within 25 % of theirs, or above it"
            + " where the text says \"more than\" (>); below: within 25 %, but less than what the"
            + " text says more of.");
    if (context.quick()) {
      notes.add(
          "Quick: no simulated rows, and the restores of S2.2 and S3.4 are modelled, not"
              + " measured.");
    }
    if (!result.complete()) {
      notes.add("Not all of it: the run was ended early.");
    }
    result.rows().stream()
        .filter(row -> kind(row) == Kind.MEASURED_AND_MODELLED)
        // Last of its assumptions is how it was measured, and whether to trust that.
        .map(row -> row.assumptions().get(row.assumptions().size() - 1))
        .distinct()
        .forEach(how -> notes.add("Measured: " + how + "."));
    for (SeedRow row : result.rows()) {
      if (row.below() != null) {
        String why = row.prevents() == null ? "" : "; " + row.prevents();
        notes.add("Below: " + row.id() + ", " + row.figure() + ": " + row.below() + why + ".");
      }
      if (!row.reached()) {
        notes.add(
            String.format(
                Locale.ROOT,
                "Not reached: %s, %s, %.2f times theirs: %s.",
                row.id(),
                row.figure(),
                row.ratio(),
                row.prevents() == null ? "no constant was tried" : row.prevents()));
      }
    }
    notes.add(
        "The five curves of the two charts are one request over how much of its prompt is reused:"
            + " nothing reused (no reuse), read from common storage (average), from a parallel"
            + " filesystem, or from the server's own memory (DRAM); the lower bound computes what"
            + " is left and moves no bytes; at 100 % it is next to nothing and not shown. Time is"
            + " fixed overhead, prefill of the rest, and bytes over bandwidth; the bandwidths are"
            + " S3's constants. Average storage, of which no price is published, is billed at the"
            + " parallel filesystem's; DRAM is billed without the hosts that 100 TB of it would"
            + " need.");
    return notes;
  }

  private static Figure rows(Kind kind, List<SeedRow> all) {
    List<List<String>> rows = new ArrayList<>();
    for (SeedRow row : all) {
      rows.add(
          List.of(
              row.id(),
              row.claim().contains(row.figure())
                  ? row.claim()
                  : row.claim() + " (" + row.figure() + ")",
              (row.atLeast() ? "> " : "") + Figure.number(row.claimed()),
              row.ours() == null ? "-" : Figure.number(row.ours()),
              row.unit(),
              row.ratio() == null ? "-" : String.format(Locale.ROOT, "%.2f", row.ratio()),
              row.verdict() == null ? "-" : row.verdict()));
    }
    return Figure.of(
        "Theirs and ours, " + kind.label(),
        kind,
        new Table(List.of("row", "claim", "theirs", "ours", "unit", "ratio", "reached"), rows));
  }

  private static Figure assumptions(SeedsResult result) {
    List<List<String>> rows = new ArrayList<>();
    result
        .newAssumptions()
        .forEach(
            (row, assumptions) -> {
              if (!assumptions.isEmpty()) {
                rows.add(List.of(row.id() + ", " + row.figure(), String.join("\n", assumptions)));
              }
            });
    return Figure.of(
        "What our figures rest on; what several rows of a text share stands at the first",
        Kind.MODELLED,
        new Table(List.of("row", "assumptions"), rows));
  }

  private static Figure constants(DocumentConstants set) {
    List<List<String>> rows = new ArrayList<>();
    if (set.model() != null) {
      rows.add(
          List.of(
              "model",
              String.format(
                  "%s %s on %d x %s", set.model(), set.precision(), set.width(), set.accelerator()),
              "",
              "the models' catalogue"));
    }
    if (set.machine() != null) {
      rows.add(List.of("machine", set.machine(), "", "the prices' list"));
    }
    for (Constant constant : set.constants()) {
      rows.add(
          List.of(
              constant.name(),
              Figure.number(constant.value()),
              constant.unit(),
              constant.source()));
    }
    if (set.simulated() != null) {
      add(rows, "", ReportFiles.JSON.valueToTree(set.simulated()), "scenario " + set.scenario());
    }
    if (rows.isEmpty()) {
      rows.add(List.of("none", "", "", "rows have no constant but the fitted efficiencies"));
    }
    return Figure.of(
        "Constants of " + set.document() + ": " + set.source(),
        set.simulated() == null ? Kind.MODELLED : Kind.SIMULATED,
        new Table(List.of("constant", "value", "unit", "from"), rows));
  }

  /** The fields of a scenario, a row each. */
  private static void add(List<List<String>> rows, String path, JsonNode fields, String source) {
    fields
        .properties()
        .forEach(
            field -> {
              String name = path + field.getKey();
              JsonNode value = field.getValue();
              if (value.isObject()) {
                add(rows, name + ".", value, source);
              } else if (!value.isNull() && !LEFT_OUT.contains(name)) {
                rows.add(
                    List.of(
                        name,
                        value.isNumber() ? Figure.number(value.doubleValue()) : value.asText(),
                        "",
                        source));
              }
            });
  }
}
