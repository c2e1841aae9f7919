package io.kvcache.bench.cli;

import io.kvcache.StoreOutcome;
import io.kvcache.bench.replay.Outputs;
import io.kvcache.bench.replay.Replay;
import io.kvcache.bench.replay.ReplayResult;
import io.kvcache.bench.replay.ReplayTarget;
import io.kvcache.bench.replay.Trace;
import io.kvcache.lustre.cli.CommandLineException;
import io.kvcache.lustre.cli.Interruption;
import io.kvcache.lustre.cli.Output;
import io.kvcache.tier.LruPolicy;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import java.util.function.IntPredicate;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Replays a trace of requests, to see what a cache of some size would have saved. */
@Command(
    name = "replay",
    description = {
      "Replays a trace through the classes that serve requests: by eviction policy alone, which"
          + " takes seconds, or with --dir through a whole cache with real bytes, every one of"
          + " which is compared when it comes back.",
      "",
      "With --dir a chunk is a trace block, memory holds --capacity-blocks of them, and everything"
          + " is written to the directory and stays there: what an earlier run left there hits.",
      "",
      "hit_ratio counts hits in memory and in files, dram_hit_ratio those in memory: it is what the"
          + " run without --file-blocks and --dir has as hit_ratio, unless there are --threads.",
      "",
      "Ctrl-C ends the run early and prints what it has.",
      ""
    })
final class ReplayCommand implements Callable<Integer> {
  @Mixin private Output output;

  @Spec private CommandSpec spec;

  @Option(
      names = "--trace",
      required = true,
      paramLabel = "F",
      description =
          "One JSON object per line: timestamp, input_length, output_length, hash_ids (one id per"
              + " block).")
  private Path trace;

  @Option(
      names = "--trace-block-tokens",
      paramLabel = "N",
      defaultValue = "512",
      description = "Tokens of the trace's blocks; default ${DEFAULT-VALUE}.")
  private int blockTokens;

  @Option(
      names = "--policy",
      required = true,
      paramLabel = "P",
      description = "What memory evicts when it is full: lru.")
  private String policy;

  @Option(
      names = "--capacity-blocks",
      required = true,
      paramLabel = "N",
      description = "Blocks that memory holds.")
  private int capacityBlocks;

  @Option(
      names = "--file-blocks",
      paramLabel = "M",
      description =
          "Blocks that are kept in files behind memory, evicted by the same policy. Exact without"
              + " --dir; with it, a budget in bytes that the evictor keeps to within its"
              + " watermarks. Default no files, or with --dir no limit.")
  private Integer fileBlocks;

  @Option(
      names = "--write-policy",
      paramLabel = "W",
      defaultValue = "write-through",
      description =
          "When a block gets its file: write-through, as soon as it is in memory; default"
              + " ${DEFAULT-VALUE}.")
  private String writePolicy;

  @Option(
      names = "--threads",
      paramLabel = "T",
      defaultValue = "1",
      description =
          "Threads that take the requests in the order of the trace, with --dir. With more than one"
              + " the ratios depend on chance, the bytes do not; default ${DEFAULT-VALUE}.")
  private int threads;

  @Option(
      names = "--outputs",
      paramLabel = "none|infer",
      defaultValue = "infer",
      description =
          "Whether requests also leave the blocks that were generated for them, found in the request"
              + " that goes on from there; default ${DEFAULT-VALUE}.")
  private String outputs;

  @Option(
      names = "--from",
      paramLabel = "A",
      defaultValue = "0",
      description = "Measure from this request on, counted from 0; those before warm up.")
  private int from;

  @Option(
      names = "--to",
      paramLabel = "B",
      description = "End before this request; default the end of the trace.")
  private Integer to;

  @ArgGroup(exclusive = false)
  private RealBytes realBytes;

  private static final class RealBytes {
    @Option(
        names = "--bytes-per-token",
        required = true,
        paramLabel = "B",
        description = "Bytes kept for a token.")
    private int bytesPerToken;

    @Option(
        names = "--dir",
        required = true,
        paramLabel = "D",
        description = "Directory for the bytes; made if it does not exist.")
    private Path directory;
  }

  @Override
  public Integer call() {
    check();
    Replay replay = open();
    PrintWriter err = spec.commandLine().getErr();
    try (Interruption interruption = new Interruption()) {
      int[] served = new int[1];
      ReplayResult result;
      Map<StoreOutcome, Integer> notWritten;
      try (ReplayTarget target = open(replay);
          Progress progress = new Progress("replay", replay.requests(), err)) {
        IntPredicate goOn =
            requests -> {
              served[0] = requests;
              progress.at(requests);
              return !interruption.asked();
            };
        result = threads == 1 ? replay.run(target, goOn) : replay.run(target, threads, goOn);
        notWritten = target.notWritten();
      }
      if (served[0] < replay.requests()) {
        err.printf("replay: ended after %,d of %,d requests%n", served[0], replay.requests());
      }
      if (!notWritten.isEmpty()) {
        err.println("replay: images that could not be written, so hit_ratio is low: " + notWritten);
      }
      output.print(result, text -> print(result, text));
    }
    return 0;
  }

  private void check() {
    if (!policy.equals("lru")) {
      throw new CommandLineException("--policy " + policy + ": the only policy is lru");
    }
    if (!writePolicy.equals("write-through")) {
      throw new CommandLineException(
          "--write-policy " + writePolicy + ": the only write policy is write-through");
    }
    atLeastOne("--trace-block-tokens", blockTokens);
    atLeastOne("--capacity-blocks", capacityBlocks);
    atLeastOne("--file-blocks", fileBlocks == null ? 1 : fileBlocks);
    atLeastOne("--threads", threads);
    if (threads > 1 && realBytes == null) {
      throw new CommandLineException(
          "--threads " + threads + " without --dir: a policy alone is replayed by one thread");
    }
    if (realBytes != null) {
      atLeastOne("--bytes-per-token", realBytes.bytesPerToken);
    }
  }

  private static void atLeastOne(String option, int value) {
    if (value < 1) {
      throw new CommandLineException(option + " " + value + ": 1 at least");
    }
  }

  private Replay open() {
    Outputs generated = outputs();
    try {
      Trace requests = Trace.read(trace, blockTokens);
      return new Replay(requests, generated, from, to == null ? requests.size() : to);
    } catch (IllegalArgumentException e) {
      throw new CommandLineException(e.getMessage(), e);
    } catch (NoSuchFileException e) {
      throw new CommandLineException("--trace " + trace + ": there is no such file", e);
    } catch (IOException e) {
      throw new CommandLineException("--trace " + trace + " cannot be read: " + e.getMessage(), e);
    }
  }

  private Outputs outputs() {
    for (Outputs choice : Outputs.values()) {
      if (choice.name().toLowerCase(Locale.ROOT).equals(outputs)) {
        return choice;
      }
    }
    throw new CommandLineException("--outputs " + outputs + ": none or infer");
  }

  private ReplayTarget open(Replay replay) {
    OptionalInt files = fileBlocks == null ? OptionalInt.empty() : OptionalInt.of(fileBlocks);
    if (realBytes == null) {
      return replay.policyOnly(capacityBlocks, files, LruPolicy::new);
    }
    String given = "--bytes-per-token " + realBytes.bytesPerToken + " --dir " + realBytes.directory;
    try {
      return replay.withFiles(realBytes.directory, realBytes.bytesPerToken, capacityBlocks, files);
    } catch (IllegalArgumentException e) {
      throw new CommandLineException(given + ": " + e.getMessage(), e);
    } catch (IOException e) {
      throw new CommandLineException(given + ": no free space is known: " + e.getMessage(), e);
    }
  }

  private static void print(ReplayResult result, PrintWriter text) {
    text.printf("requests           %,16d%n", result.requests());
    text.printf("prompt tokens      %,16d%n", result.promptTokens());
    text.printf("hit tokens         %,16d%n", result.hitTokens());
    text.printf("hit ratio          %16.5f%n", result.hitRatio());
    text.printf("  in memory        %16.5f%n", result.dramHitRatio());
    text.printf("saved prefill flops%16.5f%n", result.savedFlopsRatio());
    text.printf("evictions          %,16d%n", result.evictions());
    text.printf("files written      %,16d%n", result.fileWrites());
    text.printf("bytes verified     %,16d%n", result.bytesVerified());
    text.printf("bytes wrong        %,16d%n", result.bytesWrong());
  }
}
