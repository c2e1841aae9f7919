package io.kvcache.bench.cli;

import io.kvcache.bench.tinyllama.Demo;
import io.kvcache.bench.tinyllama.ModelShape;
import io.kvcache.lustre.cli.CommandLineException;
import io.kvcache.lustre.cli.Output;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Shows on a small transformer what the cache saves, and that it changes no bit. */
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

  @Mixin private Output output;

  @Option(
      names = "--model",
      defaultValue = "plain",
      paramLabel = "plain|hybrid",
      description =
          "Attention everywhere, or with a sliding-window and a linear-attention layer; default"
              + " ${DEFAULT-VALUE}.")
  private String model;

  @Option(
      names = "--tokens",
      defaultValue = "2064",
      paramLabel = "N",
      description = "Length of the prompt, 1 to 16384; default ${DEFAULT-VALUE}.")
  private int tokens;

  @Option(names = "--dir", paramLabel = "D", description = "Keep the files here.")
  private Path directory;

  private record Result(
      double coldTtftMs,
      double warmTtftMs,
      double restartTtftMs,
      int restoredTokens,
      boolean logitsEqual) {}

  @Override
  public Integer call() throws IOException {
    check();
    if (directory != null) {
      Demo.Result result = demo(directory).run();
      print(result, result.foundTokens());
      return 0;
    }
    Path temporary = Files.createTempDirectory("kvcache-demo");
    try {
      Demo.Result result = demo(temporary).run();
      print(result, result.restartTokens());
    } finally {
      delete(temporary);
    }
    return 0;
  }

  private void check() {
    try {
      ModelShape.named(model);
    } catch (IllegalArgumentException e) {
      throw new CommandLineException("--model: " + e.getMessage(), e);
    }
    if (tokens < 1 || tokens > MAX_TOKENS) {
      throw new CommandLineException("--tokens " + tokens + ": from 1 to " + MAX_TOKENS);
    }
    if (directory != null) {
      try {
        // As the store would make it: these are prompts.
        Files.createDirectories(
            directory,
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
      } catch (IOException e) {
        throw new CommandLineException(
            "--dir " + directory + ": no directory, and none can be made there", e);
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

  private void print(Demo.Result demo, int restored) {
    Result result =
        new Result(
            demo.coldTtftMs(),
            demo.warmTtftMs(),
            demo.restartTtftMs(),
            restored,
            demo.logitsEqual());
    output.print(
        result,
        text -> {
          text.printf("cold prefill of %,d tokens  %,10.1f ms%n", tokens, result.coldTtftMs);
          text.printf("warm, from memory           %,10.1f ms%n", result.warmTtftMs);
          text.printf("after a restart, from files %,10.1f ms%n", result.restartTtftMs);
          text.printf("tokens restored from files  %,10d%n", result.restoredTokens);
          text.printf(
              "logits                      %10s%n", result.logitsEqual ? "equal" : "DIFFER");
        });
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
