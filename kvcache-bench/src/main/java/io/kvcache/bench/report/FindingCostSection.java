package io.kvcache.bench.report;

import io.kvcache.bench.jmh.AcquireBenchmark;
import java.io.IOException;
import java.util.List;

/** What a request pays to know what is cached: its keys, and its lease. */
final class FindingCostSection implements ReportSection {
  private static TwoCosts costs(ReportContext context) {
    Stopwatch stopwatch = context.quick() ? new Stopwatch(50, 25) : new Stopwatch(500, 501);
    return new TwoCosts("hash chain", "acquire", stopwatch);
  }

  private static List<Integer> tokens(ReportContext context) {
    return context.quick()
        ? List.of(1_000, 10_000)
        : List.of(1_000, 3_000, 10_000, 30_000, 100_000);
  }

  @Override
  public String name() {
    return "finding-cost";
  }

  @Override
  public String title() {
    return "What finding a prompt costs";
  }

  @Override
  public Kind kind() {
    return Kind.MEASURED;
  }

  @Override
  public String command(ReportContext context) {
    return "java -cp kvcache-bench.jar org.openjdk.jmh.Main 'HashChainBenchmark|\\.AcquireBenchmark'";
  }

  @Override
  public SectionResult run(ReportContext context) throws IOException {
    TwoCosts costs = costs(context);
    TwoCosts.Points points =
        costs.run(
            tokens(context),
            context.watch(),
            (tokens, timer) -> {
              AcquireBenchmark prompt = AcquireBenchmark.ofTokens(tokens);
              prompt.prepare();
              try {
                timer.time(prompt::hash, prompt::acquire);
              } finally {
                prompt.remove();
              }
            });
    return costs.result(
        "Keys of a prompt, and a lease on it in memory",
        "tokens of the prompt",
        "tokens",
        points,
        "Every request pays for its keys (hash chain); finding and holding what is in memory (acquire)"
            + " comes on top. Chunks of 256"
            + " tokens, one thread, no bytes are moved.");
  }
}
