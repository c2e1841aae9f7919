package io.kvcache.bench.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.kvcache.bench.tinyllama.Demo;
import io.kvcache.bench.tinyllama.ModelShape;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The {@code demo} command. */
@Command(
    name = "demo",
    description = {
      "Runs TinyLlama, a small transformer, with the cache: cold prefill of a prompt, warm restore"
          + " from memory, restore from files in a process that did not write them. Compares the"
          + " logits bit by bit.",
      "",
      "Without --dir the files go to a temporary directory, and restored_tokens is what a process"
          + " started for it restored from there. With --dir they stay, and restored_tokens is what"
          + " this call found in the directory before it stored anything: 0 the first time. Where"
          + " it found something, restart_ttft_ms is the time of that; else of a process started"
          + " for it.",
      ""
    })
final class DemoCommand implements Callable<Integer> {
  private static final int MAX_TOKENS = 16_384;

  /** A run shorter than this needs no progress. */
  private static final long QUIET_NANOS = 2_000_000_000L;

  @Spec private CommandSpec spec;

  @Option(names = "--model", defaultValue = "plain", paramLabel = "plain|hybrid")
  private String model;

  @Option(
      names = "--tokens",
      defaultValue = "2064",
      paramLabel = "N",
      description = "length of the prompt, 1 to 16384 (default ${DEFAULT-VALUE})")
  private int tokens;

  @Option(names = "--dir", paramLabel = "D", description = "keep the files here")
  private Path directory;

  @Option(names = "--json", description = "print one JSON object")
  private boolean json;

  @Override
  public Integer call() throws IOException {
    check();
    if (directory != null) {
      print(demo(directory).run(), false);
      return 0;
    }
    Path temporary = Files.createTempDirectory("kvcache-demo");
    try {
      print(demo(temporary).run(), true);
    } finally {
      delete(temporary);
    }
    return 0;
  }

  private void check() {
    try {
      ModelShape.named(model);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), "--model: " + e.getMessage(), e);
    }
    if (tokens < 1 || tokens > MAX_TOKENS) {
      throw new ParameterException(
          spec.commandLine(), "--tokens " + tokens + ": from 1 to " + MAX_TOKENS);
    }
    if (directory != null) {
      try {
        Files.createDirectories(directory);
      } catch (IOException e) {
        throw new ParameterException(
            spec.commandLine(), "--dir " + directory + ": no directory, and none can be made", e);
      }
    }
  }

  private Demo demo(Path files) {
    long start = System.nanoTime();
    PrintWriter err = spec.commandLine().getErr();
    return new Demo(
        model,
        tokens,
        files,
        step -> {
          if (System.nanoTime() - start > QUIET_NANOS) {
            err.println("demo: " + step);
            err.flush();
          }
        });
  }

  private void print(Demo.Result result, boolean fresh) throws IOException {
    int restored = fresh ? result.restartTokens() : result.foundTokens();
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      Map<String, Object> fields = new LinkedHashMap<>();
      fields.put("cold_ttft_ms", result.coldTtftMs());
      fields.put("warm_ttft_ms", result.warmTtftMs());
      fields.put("restart_ttft_ms", result.restartTtftMs());
      fields.put("restored_tokens", restored);
      fields.put("logits_equal", result.logitsEqual());
      out.println(new ObjectMapper().writeValueAsString(fields));
    } else {
      out.printf("cold prefill of %,d tokens  %,10.1f ms%n", tokens, result.coldTtftMs());
      out.printf("warm, from memory           %,10.1f ms%n", result.warmTtftMs());
      out.printf("after a restart, from files %,10.1f ms%n", result.restartTtftMs());
      out.printf("tokens restored from files  %,10d%n", restored);
      out.printf("logits                      %10s%n", result.logitsEqual() ? "equal" : "DIFFER");
    }
    out.flush();
  }

  private static void delete(Path root) throws IOException {
    Files.walkFileTree(
        root,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Files.deleteIfExists(file);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path directory, IOException failure)
              throws IOException {
            Files.deleteIfExists(directory);
            return FileVisitResult.CONTINUE;
          }
        });
  }
}
