package io.kvcache.bench.replay;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/** Traces made by hand, in blocks of 4 tokens. */
public final class TraceFile {
  public static final int BLOCK = 4;

  private final List<String> lines = new ArrayList<>();

  /** A request whose prompt ends with a block. */
  public TraceFile prompt(int... ids) {
    return request(lines.size(), BLOCK * ids.length, 0, ids);
  }

  public TraceFile request(int timestamp, int input, int output, int... ids) {
    return line(
        String.format(
            "{\"timestamp\": %d, \"input_length\": %d, \"output_length\": %d, \"hash_ids\": %s}",
            timestamp, input, output, Arrays.toString(ids)));
  }

  public TraceFile line(String text) {
    lines.add(text);
    return this;
  }

  /** Conversations that fork, go on and repeat, with partial blocks and outputs. */
  public static TraceFile random(long seed, int requests) {
    SplittableRandom random = new SplittableRandom(seed);
    TraceFile trace = new TraceFile();
    List<int[]> paths = new ArrayList<>(List.of(new int[0]));
    for (int r = 0, id = 0; r < requests; r++) {
      int[] before = paths.get(paths.size() - 1 - random.nextInt(Math.min(40, paths.size())));
      int kept = before.length == 0 ? 0 : random.nextInt(before.length / 2, before.length + 1);
      int[] path = Arrays.copyOf(before, kept + random.nextInt(5));
      for (int b = kept; b < path.length; b++) {
        path[b] = id++;
      }
      paths.add(path.length > 30 ? new int[0] : path);
      trace.request(r, path.length * BLOCK + random.nextInt(BLOCK), random.nextInt(12), path);
    }
    return trace;
  }

  public Path write(Path folder) throws IOException {
    return Files.write(folder.resolve("trace.jsonl"), lines);
  }

  public Trace read(Path folder) throws IOException {
    return Trace.read(write(folder), BLOCK);
  }
}
