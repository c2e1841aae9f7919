package io.kvcache.bench.report;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.kvcache.bench.chart.Axis;
import io.kvcache.bench.chart.LineChart;
import io.kvcache.bench.io.DiskSpace;
import io.kvcache.bench.io.IoResult;
import io.kvcache.bench.io.IoShape;
import io.kvcache.bench.io.IoTrial;
import io.kvcache.bench.io.Measured;
import io.kvcache.bench.io.SideResult;
import io.kvcache.bench.io.SlotMemory;
import io.kvcache.bench.io.StoreKind;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CancellationException;
import java.util.stream.Collectors;

/** Whole images written and read through every store of this machine, next to fio. */
final class ChunkIoSection implements ReportSection {
  private static final long SPARE_BYTES = 64L << 20;

  /** What is measured: a trial for each number of threads. */
  private record Plan(long imageBytes, int images, int rounds, List<Integer> threads) {
    static Plan of(ReportContext context) {
      return context.quick()
          ? new Plan(1 << 20, 16, 1, List.of(4))
          : new Plan(4 << 20, 128, 3, List.of(1, 2, 4, 8, 16, 32));
    }

    IoTrial trial(ReportContext context, int threads) {
      IoShape shape = new IoShape(imageBytes, images, threads);
      SlotMemory memory = SlotMemory.best();
      return new IoTrial(context.directory(), shape, kinds(), memory, memory.hugePages(), rounds);
    }
  }

  private static List<StoreKind> kinds() {
    return Arrays.stream(StoreKind.values()).filter(kind -> kind.unavailable().isEmpty()).toList();
  }

  @Override
  public String name() {
    return "chunk-io";
  }

  @Override
  public String title() {
    return "Chunk I/O next to fio";
  }

  @Override
  public Kind kind() {
    return Kind.MEASURED;
  }

  @Override
  public String command(ReportContext context) {
    Plan plan = Plan.of(context);
    return kinds().stream()
        .map(
            kind ->
                String.format(
                    "for t in %s; do java -jar kvcache-bench.jar io --dir DIR --store %s"
                        + " --chunk-bytes %d --chunks %d --threads $t --rounds %d; done",
                    plan.threads().stream().map(String::valueOf).collect(Collectors.joining(" ")),
                    kind.label(),
                    plan.imageBytes(),
                    plan.images(),
                    plan.rounds()))
        .collect(Collectors.joining("\n"));
  }

  @Override
  public void check(ReportContext context) throws IOException {
    Plan plan = Plan.of(context);
    DiskSpace.require(
        context.directory(),
        (long) plan.images() * (kinds().size() + 1),
        plan.imageBytes(),
        SPARE_BYTES,
        "free some, name another directory, or run with --quick");
  }

  @Override
  public SectionResult run(ReportContext context) throws IOException, InterruptedException {
    Plan plan = Plan.of(context);
    SortedMap<Integer, IoResult> results = new TreeMap<>();
    for (int threads : plan.threads()) {
      IoTrial trial = plan.trial(context, threads);
      IoResult result = trial.run(context.watch().phase(threads + " threads", trial.steps()));
      if (result.rounds() > 0) {
        results.put(threads, result);
      }
      if (result.rounds() < plan.rounds()) {
        break;
      }
    }
    if (results.isEmpty()) {
      throw new CancellationException("ended before the first round");
    }
    return new SectionResult(notes(plan, results), figures(results), json(plan, results));
  }

  private static List<String> notes(Plan plan, SortedMap<Integer, IoResult> results) {
    List<String> notes = new ArrayList<>();
    notes.add(
        String.format(
            "%d images of %s MiB: new files written with checksums and renamed, read back cold and"
                + " verified; medians of %d round%s. fio does the same with files of its own,"
                + " without checksums.",
            plan.images(),
            Figure.number(plan.imageBytes() / (double) (1 << 20)),
            plan.rounds(),
            plan.rounds() == 1 ? "" : "s"));
    notes.add(
        "nio is the store over the JDK's file channels, lustre the one over native calls, which"
            + " works on every filesystem; fio is the yardstick.");
    notes.add(
        SlotMemory.best().hugePages()
            ? "Both stores' images and fio's buffers are in huge pages: requests reach the disk in larger"
                + " pieces, which alone can double what a virtual disk gives. A cache has that with"
                + " hostMemory(LargeMemory.open()); --memory jvm of the io command measures without it."
            : "Images and fio's buffers are in small pages.");
    IoResult first = results.get(results.firstKey());
    first.fioMissing().ifPresent(why -> notes.add("No fio beside it: " + why + "."));
    for (IoResult.Store store : first.stores()) {
      notes.add(
          store.measured().name()
              + ": "
              + store.mode().label()
              + ", "
              + store.mode().reason()
              + ".");
      store.warm().ifPresent(why -> notes.add("Reads were not cold: " + why + "."));
    }
    first.fio().ifPresent(fio -> notes.add("fio ran, for reads: " + fio.readCommand()));
    return notes;
  }

  private static List<SideResult> sides(IoResult result) {
    List<SideResult> all = new ArrayList<>();
    result.stores().forEach(store -> all.add(store.measured()));
    result.fio().ifPresent(fio -> all.add(fio.measured()));
    return all;
  }

  private static List<Figure> figures(SortedMap<Integer, IoResult> results) {
    Map<String, SortedMap<Double, Double>> reads = new LinkedHashMap<>();
    Map<String, SortedMap<Double, Double>> writes = new LinkedHashMap<>();
    results.forEach(
        (threads, result) -> {
          for (SideResult side : sides(result)) {
            reads
                .computeIfAbsent(side.name(), name -> new TreeMap<>())
                .put((double) threads, side.read(Measured::mbPerSecond));
            writes
                .computeIfAbsent(side.name(), name -> new TreeMap<>())
                .put((double) threads, side.write(Measured::mbPerSecond));
          }
        });
    return List.of(
        Figure.of(Kind.MEASURED, chart("Cold reads, verified", reads)),
        Figure.of(Kind.MEASURED, chart("New files written", writes)));
  }

  private static LineChart chart(String title, Map<String, SortedMap<Double, Double>> sides) {
    List<LineChart.Line> lines = new ArrayList<>();
    sides.forEach((name, points) -> lines.add(new LineChart.Line(name, points)));
    return new LineChart(
        title, Axis.doubling("I/O threads"), Axis.linear("MB/s (1 MB = 10^6 bytes)"), lines);
  }

  private static ObjectNode json(Plan plan, SortedMap<Integer, IoResult> results) {
    ObjectNode node = JsonNodeFactory.instance.objectNode();
    node.put("image_bytes", plan.imageBytes()).put("images", plan.images());
    ArrayNode runs = node.putArray("runs");
    results.forEach(
        (threads, result) -> {
          for (SideResult side : sides(result)) {
            runs.addObject()
                .put("threads", threads)
                .put("side", side.name())
                .put("rounds", result.rounds())
                .put("read_mb_per_s", side.read(Measured::mbPerSecond))
                .put("write_mb_per_s", side.write(Measured::mbPerSecond));
          }
        });
    return node;
  }
}
