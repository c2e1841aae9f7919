package io.kvcache.bench.report;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.kvcache.bench.model.Catalogue;
import io.kvcache.bench.model.PrefillResidual;
import io.kvcache.bench.tco.Bill;
import io.kvcache.bench.tco.Comparison;
import io.kvcache.bench.tco.CostItem;
import io.kvcache.bench.tco.Prices;
import io.kvcache.bench.tco.PublishedSaving;
import io.kvcache.bench.tco.TcoModel;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** What the cost models say of prefills that were published, and of prices. */
final class ModelsSection implements ReportSection {
  @Override
  public String name() {
    return "models";
  }

  @Override
  public String title() {
    return "Cost models next to what was published";
  }

  @Override
  public Kind kind() {
    return Kind.MODELLED;
  }

  @Override
  public String command(ReportContext context) {
    return "java -jar kvcache-bench.jar prefill; java -jar kvcache-bench.jar seeds --only"
        + " S0.6,S3.6";
  }

  @Override
  public SectionResult run(ReportContext context) {
    List<PrefillResidual> prefills =
        PrefillResidual.all(Catalogue.models(), Catalogue.accelerators());
    TcoModel model = new TcoModel(Prices.shipped());
    PublishedSaving published = PublishedSaving.shipped();
    Comparison comparison = published.at(model);
    return new SectionResult(
        notes(prefills, model, published, comparison),
        List.of(prefills(prefills), bills(comparison), next(model, published, comparison)),
        json(prefills, model, published, comparison));
  }

  private static List<String> notes(
      List<PrefillResidual> prefills,
      TcoModel model,
      PublishedSaving published,
      Comparison comparison) {
    List<String> notes = new ArrayList<>();
    notes.add(
        "Prefills: one efficiency for each accelerator and precision, fitted to these rows by least"
            + " squares; no fixed overhead; two sums per layer over the group at the data sheet's"
            + " link bandwidth, not overlapped. Where an accelerator and precision have one row,"
            + " that row is fitted to itself and says nothing.");
    prefills.forEach(each -> notes.add(each.row().id() + ": " + each.row().source()));
    notes.add(
        String.format(
            Locale.ROOT,
            "Cost: %s. Taken as given: %s machines of %s with %s TiB of filesystem each serve %s"
                + " tokens/s, %s times what each serves without. The throughput is a claim, not a"
                + " result.",
            published.source(),
            Figure.number(published.machines()),
            published.machine(),
            Figure.number(published.tebibytesPerMachine()),
            Figure.number(published.tokensPerSecond()),
            Figure.number(published.throughputRatio())));
    comparison.after().items().forEach(item -> notes.add(item.what() + ": " + item.basis()));
    notes.add("DRAM: " + model.dram(published.dramBytes()).basis());
    notes.add("A filesystem that is bought: " + model.prices().ownedFilesystem());
    return notes;
  }

  private static Figure prefills(List<PrefillResidual> prefills) {
    List<List<String>> rows = new ArrayList<>();
    for (PrefillResidual each : prefills) {
      rows.add(
          List.of(
              each.row().id(),
              each.row().model(),
              each.row().width() + " x " + each.row().accelerator(),
              each.row().precision().toString(),
              Figure.number((double) each.row().newTokens()),
              Figure.number(each.row().seconds()),
              Figure.number(each.modelled()),
              percent(each.relative())));
    }
    return Figure.of(
        "Prefill times, published and modelled",
        Kind.MODELLED,
        new Table(
            List.of(
                "row",
                "model",
                "accelerators",
                "precision",
                "tokens",
                "published, s",
                "modelled, s",
                "off by"),
            rows));
  }

  private static Figure bills(Comparison comparison) {
    List<List<String>> rows = new ArrayList<>();
    add(rows, "without", comparison.before(), comparison.beforeTokensPerSecond());
    add(rows, "with", comparison.after(), comparison.afterTokensPerSecond());
    return Figure.of(
        "Bills of the machines without a filesystem and with one",
        Kind.MODELLED,
        new Table(
            List.of("", "item", "$/hour", "accelerators", "tokens/s", "$ per million tokens"),
            rows));
  }

  private static void add(List<List<String>> rows, String which, Bill bill, double tokens) {
    for (CostItem item : bill.items()) {
      rows.add(
          List.of(
              which,
              item.what(),
              Figure.number(item.dollarsPerHour()),
              Figure.number(item.accelerators()),
              "",
              ""));
    }
    rows.add(
        List.of(
            which,
            "all",
            Figure.number(bill.dollarsPerHour()),
            Figure.number(bill.accelerators()),
            Figure.number(tokens),
            Figure.number(bill.dollarsPerMillionTokens(tokens))));
  }

  private static Figure next(TcoModel model, PublishedSaving published, Comparison comparison) {
    String size = Figure.number(published.dramBytes() / 1e12) + " TB";
    return Figure.of(
        "Savings and prices, modelled and published",
        Kind.MODELLED,
        new Table(
            List.of("", "modelled", "published"),
            List.of(
                List.of(
                    "fewer accelerators",
                    percent(comparison.acceleratorSaving()),
                    percent(published.acceleratorSaving())),
                List.of(
                    "lower cost of a token",
                    percent(comparison.saving()),
                    percent(published.costSaving())),
                List.of(
                    size + " of DRAM, $",
                    Figure.number(model.dramCapital(published.dramBytes())),
                    Figure.number(published.dramDollars())),
                List.of(
                    size + " of filesystem that is bought, $",
                    Figure.number(model.ownedFilesystemCapital(published.dramBytes())),
                    ""))));
  }

  private static String percent(double share) {
    return String.format(Locale.ROOT, "%+.1f %%", 100 * share);
  }

  private static ObjectNode json(
      List<PrefillResidual> prefills,
      TcoModel model,
      PublishedSaving published,
      Comparison comparison) {
    ObjectNode node = JsonNodeFactory.instance.objectNode();
    ArrayNode runs = node.putArray("runs");
    for (PrefillResidual each : prefills) {
      runs.addObject()
          .put("row", each.row().id())
          .put("published_seconds", each.row().seconds())
          .put("modelled_seconds", each.modelled())
          .put("relative", each.relative());
    }
    node.put("dram_bytes", published.dramBytes());
    node.put("dram_dollars", model.dramCapital(published.dramBytes()));
    node.put("accelerator_saving", comparison.acceleratorSaving());
    node.put("cost_saving", comparison.saving());
    return node;
  }
}
