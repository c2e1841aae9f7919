package io.kvcache.bench.cli;

import io.kvcache.bench.chart.ChartFiles;
import io.kvcache.bench.io.IoFailedException;
import io.kvcache.bench.seeds.Constant;
import io.kvcache.bench.seeds.DocumentConstants;
import io.kvcache.bench.seeds.SeedRow;
import io.kvcache.bench.seeds.Seeds;
import io.kvcache.bench.seeds.SeedsResult;
import io.kvcache.bench.tco.Prices;
import io.kvcache.bench.tco.TcoModel;
import io.kvcache.lustre.cli.CommandLineException;
import io.kvcache.lustre.cli.Interruption;
import io.kvcache.lustre.cli.Output;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Puts our figures beside those that texts about external KV caches publish. */
@Command(
    name = "seeds",
    description = {
      "Every figure that texts about external KV caches claim, and ours: simulated clusters,"
          + " modelled prefills and costs, and with --dir restores that are measured. One set of"
          + " constants for each text, printed with the table; none is fitted to a row of that"
          + " text. Efficiencies are fitted to the published prefills P1 to P6: that of the H100 in"
          + " bf16, on which S0 to S3 rest, to P3 alone, which therefore says nothing.",
      "",
      "Ratio is ours over theirs. Reached: within a quarter of theirs, or above where more than a"
          + " figure is claimed (>); below: within a quarter, but less than what more is claimed"
          + " of.",
      "",
      "Where a simulated row is more than a quarter off, a constant that nobody published is named"
          + " and the value with which, changed alone, the row would be what is claimed. It is"
          + " found by bisection, run once more as it is printed, and not used.",
      "",
      "Takes some minutes; Ctrl-C ends it early and prints the rows that it has.",
      ""
    })
final class SeedsCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Mixin private Output output;

  @Option(
      names = "--only",
      paramLabel = "ID,...",
      split = ",",
      description = "Only rows whose id begins with one of these: S0, S1.4, P.")
  private List<String> only = List.of();

  @Option(
      names = "--dir",
      paramLabel = "D",
      description = "Measure restores in this directory; made if it does not exist, left empty.")
  private Path directory;

  @Option(
      names = "--directory-gb-per-s",
      paramLabel = "B",
      description = "What the directory of --dir reads, if it is not to be measured.")
  private Double given;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "1",
      description = "Of the simulations; default ${DEFAULT-VALUE}.")
  private long seed;

  @Mixin private CatalogueOptions catalogues;

  @Option(
      names = "--prices",
      paramLabel = "FILE",
      description = "Prices instead of those that come with the jar.")
  private Path prices;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description =
          "Where seeds.json is to be written and, with rows of S3, the charts seeds-ttft and"
              + " seeds-cost, light and dark.")
  private Path out;

  @Override
  public Integer call() throws IOException, InterruptedException {
    try (Interruption interruption = new Interruption();
        Phases phases = new Phases("seeds", spec.commandLine().getErr(), interruption)) {
      checkIds();
      TcoModel tco =
          new TcoModel(
              prices == null ? Prices.shipped() : InputFile.read("--prices", prices, Prices::read));
      if (given != null && !(given > 0 && given < Double.POSITIVE_INFINITY)) {
        throw new IllegalArgumentException(
            "--directory-gb-per-s " + given + ": a finite number, more than 0");
      }
      if (given != null && directory == null) {
        throw new IllegalArgumentException("--directory-gb-per-s " + given + " is without --dir");
      }
      if (out != null) {
        OutputDirectory.make("--out", out);
      }
      if (directory == null) {
        return rows(tco, phases);
      }
      NewDirectory made = NewDirectory.make("--dir", directory);
      try {
        OutputDirectory.requireWritable("--dir", directory);
        return rows(tco, phases);
      } finally {
        // Before the JVM is let go, which does not wait for what comes after.
        made.remove();
      }
    } catch (IllegalArgumentException | IoFailedException e) {
      throw new CommandLineException(e.getMessage(), e);
    }
  }

  private int rows(TcoModel tco, Phases phases) throws IOException, InterruptedException {
    Seeds seeds =
        new Seeds(
            catalogues.models(),
            catalogues.accelerators(),
            tco,
            seed,
            Optional.ofNullable(directory),
            given == null ? 0 : given * 1e9,
            new HashMap<>(),
            phases::begin);
    return report(seeds, seeds.rows(this::asked));
  }

  private void checkIds() {
    List<String> ids = Seeds.ids();
    for (String prefix : only) {
      if (prefix.isBlank() || ids.stream().noneMatch(id -> id.startsWith(prefix.strip()))) {
        throw new CommandLineException(
            "--only " + prefix + ": no row begins so; there are " + String.join(", ", ids));
      }
    }
  }

  private boolean asked(String id) {
    return only.isEmpty() || only.stream().anyMatch(prefix -> id.startsWith(prefix.strip()));
  }

  private int report(Seeds seeds, Seeds.Found found) throws IOException {
    SeedsResult result = SeedsResult.of(seed, seeds, found);
    output.print(result, text -> print(result, text));
    if (!found.complete()) {
      spec.commandLine().getErr().printf("seeds: ended early, with %d rows%n", found.rows().size());
    }
    if (out != null) {
      Files.writeString(out.resolve("seeds.json"), Output.json(result) + "\n");
      if (found.hasCharts()) {
        ChartFiles.write(out, "seeds-ttft", seeds.ttftChart());
        ChartFiles.write(out, "seeds-cost", seeds.costChart());
      }
    }
    return 0;
  }

  private static void print(SeedsResult result, PrintWriter text) {
    text.printf(
        "%-5s %-26s %14s %12s %-9s %6s  %-7s  %s%n",
        "id", "figure", "theirs", "ours", "unit", "ratio", "reached", "kind");
    for (SeedRow row : result.rows()) {
      text.printf(
          Locale.ROOT,
          "%-5s %-26s %14s %12s %-9s %6s  %-7s  %s%n",
          row.id(),
          row.figure(),
          (row.atLeast() ? "> " : "") + number(row.claimed()),
          row.ours() == null ? "-" : number(row.ours()),
          row.unit(),
          row.ratio() == null ? "-" : String.format(Locale.ROOT, "%.2f", row.ratio()),
          row.verdict() == null ? "-" : row.verdict(),
          row.kind());
    }
    text.println();
    text.println("Assumptions; what several rows of a text share stands at the first of them");
    result
        .newAssumptions()
        .forEach(
            (row, assumptions) -> {
              text.println(row.id() + " " + row.figure() + ": " + row.claim());
              assumptions.forEach(a -> text.println("  * " + a));
              if (row.below() != null) {
                text.println("  ! " + row.below());
              }
              if (row.prevents() != null) {
                text.println("  ! " + row.prevents());
              }
            });
    text.println();
    text.println("Constants, one set for each text");
    for (DocumentConstants set : result.constants()) {
      text.println(set.document() + ": " + set.source());
      if (set.scenario() != null) {
        text.println("  scenario " + set.scenario() + ": " + Output.json(set.simulated()));
      }
      if (set.model() != null) {
        text.printf(
            "  %s %s on %d x %s%n", set.model(), set.precision(), set.width(), set.accelerator());
      }
      if (set.machine() != null) {
        text.println("  machine " + set.machine());
      }
      for (Constant c : set.constants()) {
        text.printf("  %s = %s %s (%s)%n", c.name(), number(c.value()), c.unit(), c.source());
      }
    }
  }

  private static String number(double value) {
    return value == Math.rint(value) || Math.abs(value) >= 1000
        ? String.format(Locale.ROOT, "%,.0f", value)
        : String.format(Locale.ROOT, Math.abs(value) < 10 ? "%.3f" : "%.2f", value);
  }
}
