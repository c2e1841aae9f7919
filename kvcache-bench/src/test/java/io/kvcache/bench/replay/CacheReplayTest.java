package io.kvcache.bench.replay;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kvcache.tier.LruPolicy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CacheReplayTest {
  private static final int BYTES_PER_TOKEN = 33;

  @TempDir Path folder;

  private Path directory() {
    return folder.resolve("kv");
  }

  private ReplayResult withFiles(Replay replay, int capacity) throws IOException {
    try (ReplayTarget target =
        replay.withFiles(directory(), BYTES_PER_TOKEN, capacity, OptionalInt.empty())) {
      ReplayResult result = replay.run(target, served -> true);
      assertEquals(0, target.notWritten().size());
      return result;
    }
  }

  private static ReplayResult policyOnly(Replay replay, int capacity) {
    try (ReplayTarget target = replay.policyOnly(capacity, OptionalInt.empty(), LruPolicy::new)) {
      return replay.run(target, served -> true);
    }
  }

  private static ReplayResult twoTiers(Replay replay, int capacity, int files) {
    try (ReplayTarget target = replay.policyOnly(capacity, OptionalInt.of(files), LruPolicy::new)) {
      return replay.run(target, served -> true);
    }
  }

  private List<Path> images() throws IOException {
    try (Stream<Path> files = Files.walk(directory())) {
      return files.filter(f -> f.getFileName().toString().endsWith(".g0")).toList();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "NONE,40,1",
    "INFER,40,2",
    "INFER,60,3",
    "NONE,60,4",
    "INFER,5,4",
    "INFER,1,5",
    "NONE,2,6"
  })
  void memoryHoldsTheSameBlocksAsWithoutFiles(Outputs outputs, int capacity, long seed)
      throws IOException {
    Trace trace = TraceFile.random(seed, 150).read(folder);
    Replay replay = new Replay(trace, outputs, 20, 140);
    ReplayResult policy = policyOnly(replay, capacity);
    ReplayResult real = withFiles(replay, capacity);
    String what = "seed " + seed + ": " + policy + " and " + real;
    assertEquals(policy.hitRatio(), real.dramHitRatio(), what);
    assertEquals(policy.promptTokens(), real.promptTokens());
    assertTrue(real.hitRatio() >= real.dramHitRatio(), what);
    assertEquals(real.hitTokens() * BYTES_PER_TOKEN, real.bytesVerified());
    assertEquals(0, real.bytesWrong());
  }

  @ParameterizedTest
  @CsvSource({"NONE,40,1", "INFER,40,2", "INFER,60,3", "NONE,60,4"})
  void filesHoldWhatThePolicySaysIfEveryPromptFitsIntoMemory(
      Outputs outputs, int capacity, long seed) throws IOException {
    Trace trace = TraceFile.random(seed, 150).read(folder);
    Replay replay = new Replay(trace, outputs, 20, 140);
    ReplayResult policy = twoTiers(replay, capacity, 100_000);
    ReplayResult real = withFiles(replay, capacity);
    assertEquals(policy.hitRatio(), real.hitRatio());
    assertEquals(policy.fileWrites(), real.fileWrites());
  }

  @ParameterizedTest
  @CsvSource({"2,40", "4,40", "8,5", "4,1000"})
  void severalThreadsServeEveryRequestAndNoWrongByte(int threads, int capacity) throws IOException {
    Trace trace = TraceFile.random(31, 200).read(folder);
    Replay replay = new Replay(trace, Outputs.INFER, 20, 200);
    Set<Integer> told = new TreeSet<>();
    try (ReplayTarget target =
        replay.withFiles(directory(), BYTES_PER_TOKEN, capacity, OptionalInt.empty())) {
      ReplayResult result = replay.run(target, threads, told::add);
      assertEquals(180, result.requests());
      assertEquals(policyOnly(replay, capacity).promptTokens(), result.promptTokens());
      assertEquals(0, result.bytesWrong());
      assertTrue(result.bytesVerified() > 0);
    }
    assertEquals(200, told.size());
  }

  @Test
  void aThreadThatFailsEndsTheRun() throws IOException {
    Trace trace = TraceFile.random(31, 200).read(folder);
    Replay replay = new Replay(trace, Outputs.INFER, 0, 200);
    try (ReplayTarget target =
        replay.withFiles(directory(), BYTES_PER_TOKEN, 40, OptionalInt.empty())) {
      IllegalStateException thrown =
          assertThrows(
              IllegalStateException.class,
              () ->
                  replay.run(
                      target,
                      4,
                      served -> {
                        throw new IllegalArgumentException("mine");
                      }));
      assertEquals("mine", thrown.getCause().getMessage());
    }
  }

  @Test
  void everyBlockIsWrittenOnce() throws IOException {
    Trace trace = TraceFile.random(7, 60).read(folder);
    Replay replay = new Replay(trace, Outputs.INFER, 0, 60);
    BlockTree blocks = new BlockTree();
    for (RequestPath path : Outputs.INFER.paths(trace)) {
      int block = BlockTree.ROOT;
      for (int id : path.blocks()) {
        block = blocks.add(block, id);
      }
    }
    assertEquals(blocks.size(), withFiles(replay, 40).fileWrites());
    assertEquals(blocks.size(), images().size());
  }

  @Test
  void aDirectoryOfAnEarlierRunStartsWarm() throws IOException {
    Trace trace = new TraceFile().prompt(1, 2, 3).prompt(1, 2, 4).read(folder);
    Replay replay = new Replay(trace, Outputs.NONE, 0, 2);
    assertEquals(8, withFiles(replay, 4).hitTokens());
    ReplayResult again = withFiles(replay, 4);
    assertEquals(24, again.hitTokens());
    assertEquals(8.0 / 24, again.dramHitRatio());
    assertEquals(0, again.fileWrites());
  }

  @Test
  void aDamagedFileIsAMissAndWrittenAnew() throws IOException {
    Trace trace = new TraceFile().prompt(1).prompt(2).prompt(1).read(folder);
    withFiles(new Replay(trace, Outputs.NONE, 0, 1), 1);
    Path image = images().get(0);
    byte[] bytes = Files.readAllBytes(image);
    bytes[4096]++;
    Files.write(image, bytes);
    ReplayResult result = withFiles(new Replay(trace, Outputs.NONE, 0, 3), 1);
    assertEquals(4, result.hitTokens(), "the third request's");
    assertEquals(2, result.fileWrites());
    assertEquals(0, result.bytesWrong());
  }

  @Test
  void aRunThatTheDiskCannotHoldIsRefusedBeforeItStarts() throws IOException {
    Trace trace = TraceFile.random(8, 2_000).read(folder);
    Replay replay = new Replay(trace, Outputs.INFER, 0, 2_000);
    IllegalArgumentException refused =
        assertThrows(
            IllegalArgumentException.class,
            () -> replay.withFiles(directory(), 200_000_000, 1, OptionalInt.empty()));
    assertTrue(refused.getMessage().contains("MB free"), refused.getMessage());
    assertTrue(Files.notExists(directory()));
  }

  @Test
  void memoryAboveTheLimitOfTheJvmIsRefusedBeforeItStarts() throws IOException {
    Trace trace = new TraceFile().prompt(1).read(folder);
    Replay replay = new Replay(trace, Outputs.NONE, 0, 1);
    IllegalArgumentException refused =
        assertThrows(
            IllegalArgumentException.class,
            () -> replay.withFiles(directory(), 1, Integer.MAX_VALUE, OptionalInt.empty()));
    assertTrue(refused.getMessage().contains("MaxDirectMemorySize"), refused.getMessage());
    assertTrue(Files.notExists(directory()));
  }
}
