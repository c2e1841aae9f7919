package io.kvcache.bench.seeds;

import io.kvcache.bench.model.Accelerator;
import io.kvcache.bench.model.Catalogue;
import io.kvcache.bench.model.Deployment;
import io.kvcache.bench.model.ModelShape;
import io.kvcache.bench.model.PrefillCostModel;
import io.kvcache.bench.tco.Bill;
import io.kvcache.bench.tco.CostItem;
import io.kvcache.bench.tco.TcoModel;
import io.kvcache.bench.ttft.TtftScenario;
import java.util.List;

/**
 * Time to first token of one request as fixed overhead, prefill of what is not reused, and bytes
 * over the bandwidth of where they are; and what that time costs. Modelled. Immutable.
 */
final class StorageModel {
  /** Percent of the prompt that is reused, as charts and rows go through them. */
  static final List<Integer> LEVELS = List.of(0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 95, 99, 100);

  private static final int CHUNK_TOKENS = 256;

  private final SourceDocument document;
  private final Deployment deployment;
  private final PrefillCostModel prefill;
  private final TcoModel tco;

  StorageModel(
      SourceDocument document,
      Catalogue<ModelShape> models,
      Catalogue<Accelerator> accelerators,
      TcoModel tco) {
    this(document, document.deployment(models, accelerators), document.constant("overhead"), tco);
  }

  private StorageModel(
      SourceDocument document, Deployment deployment, double overhead, TcoModel tco) {
    this.document = document;
    this.deployment = deployment;
    this.tco = tco;
    prefill = new PrefillCostModel(deployment, overhead);
  }

  /** With another fixed overhead, to see what depends on it. */
  StorageModel withOverhead(double seconds) {
    return new StorageModel(document, deployment, seconds, tco);
  }

  /** Where reused tokens are: the five curves. */
  enum Place {
    NO_REUSE("no reuse"),
    AVERAGE("average"),
    FILESYSTEM("filesystem"),
    DRAM("DRAM"),
    LOWER_BOUND("lower bound");

    final String title;

    Place(String title) {
      this.title = title;
    }
  }

  double ttft(Place place, double reusePercent) {
    long prompt = (long) document.constant("prompt_tokens");
    if (place == Place.NO_REUSE) {
      return prefill.seconds(prompt, 0);
    }
    // The last token is always computed: its product is the first token of the answer.
    long reused = Math.min(prompt - 1, Math.round(prompt * reusePercent / 100));
    double computed = prefill.seconds(prompt - reused, reused);
    if (place == Place.LOWER_BOUND) {
      return computed - prefill.fixedOverheadSeconds();
    }
    return computed + reused * deployment.model().bytesPerToken() / bandwidth(place);
  }

  private double bandwidth(Place place) {
    return switch (place) {
      case AVERAGE -> document.constant("average_storage");
      case FILESYSTEM -> document.constant("filesystem");
      case DRAM -> deployment.accelerator().hostBandwidth().value() * deployment.width();
      default -> throw new IllegalArgumentException(place + " moves no bytes");
    };
  }

  /** Dollars of the document's number of prompt tokens, one request at a time. */
  double dollars(Place place, double reusePercent) {
    CostItem machine = tco.owned(document.machine(), 1);
    double bytes = document.constant("cache_bytes");
    Bill bill =
        switch (place) {
          case NO_REUSE, LOWER_BOUND -> Bill.of(machine);
          // Of average storage no price is published: the filesystem's stands for it.
          case AVERAGE, FILESYSTEM -> Bill.of(machine, tco.ownedFilesystem(bytes));
          case DRAM -> Bill.of(machine, tco.dram(bytes));
        };
    double tokensPerSecond = document.constant("prompt_tokens") / ttft(place, reusePercent);
    return bill.dollarsPerMillionTokens(tokensPerSecond) * document.constant("costed_tokens") / 1e6;
  }

  /** Least of DRAM's cost over the filesystem's. */
  double dramOverFilesystem() {
    return LEVELS.stream()
        .mapToDouble(r -> dollars(Place.DRAM, r) / dollars(Place.FILESYSTEM, r))
        .min()
        .orElseThrow();
  }

  /** The same to be measured. */
  TtftScenario scenario() {
    return TtftScenario.of(
        deployment,
        CHUNK_TOKENS,
        document.constant("filesystem"),
        (int) document.constant("prompt_tokens"),
        document.constant("overhead"));
  }

  int highReuse() {
    return (int) document.constant("high_reuse");
  }

  String title() {
    return deployment.title();
  }

  /** What decides a restore. */
  String describe() {
    return document.constant("prompt_tokens")
        + " tokens, "
        + document.constant("filesystem")
        + " bytes/s, "
        + document.constant("overhead")
        + " s, "
        + highReuse()
        + " %";
  }

  double bytesPerToken() {
    return deployment.model().bytesPerToken();
  }
}
