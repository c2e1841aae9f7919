package io.kvcache.bench.replay;

import static io.kvcache.bench.replay.TraceFile.BLOCK;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kvcache.tier.LruPolicy;
import java.io.IOException;
import java.nio.file.Path;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TwoTierReplayTest {
  @TempDir Path folder;

  private ReplayResult run(TraceFile file, int capacity, int files) throws IOException {
    Trace trace = file.read(folder);
    return run(new Replay(trace, Outputs.NONE, 0, trace.size()), capacity, OptionalInt.of(files));
  }

  private static ReplayResult run(Replay replay, int capacity, OptionalInt files) {
    try (ReplayTarget target = replay.policyOnly(capacity, files, LruPolicy::new)) {
      return replay.run(target, served -> true);
    }
  }

  @Test
  void aBlockThatLeftMemoryHitsInItsFileAndComesBackToMemory() throws IOException {
    TraceFile trace = new TraceFile().prompt(1).prompt(2).prompt(1).prompt(1);
    ReplayResult result = run(trace, 1, 2);
    assertEquals(BLOCK * 2, result.hitTokens());
    assertEquals(1.0 / 4, result.dramHitRatio(), "the last one");
    assertEquals(2, result.fileWrites());
    assertEquals(2, result.evictions(), "of memory");
  }

  @Test
  void aHitMayBeginInMemoryAndGoOnInFiles() throws IOException {
    TraceFile trace = new TraceFile().prompt(1, 2, 3).prompt(1, 4).prompt(1, 2, 3);
    ReplayResult result = run(trace, 2, 10);
    assertEquals(BLOCK * (1 + 3), result.hitTokens());
    assertEquals(2.0 / 8, result.dramHitRatio());
    assertEquals(4, result.fileWrites());
  }

  @Test
  void aBlockWhoseFileWasEvictedIsWrittenAgain() throws IOException {
    TraceFile trace = new TraceFile().prompt(1).prompt(2).prompt(3).prompt(1);
    ReplayResult result = run(trace, 1, 2);
    assertEquals(0, result.hitTokens());
    assertEquals(4, result.fileWrites());
  }

  @Test
  void aHitInMemoryKeepsItsFileYoung() throws IOException {
    TraceFile trace = new TraceFile().prompt(1).prompt(2).prompt(1).prompt(1).prompt(3).prompt(1);
    assertEquals(BLOCK * 3, run(trace, 1, 2).hitTokens());
  }

  @ParameterizedTest
  @CsvSource({"5,5,1", "5,40,2", "40,60,3", "40,200,4", "1,30,5"})
  void memoryHoldsWhatItHoldsAloneAndFilesWhatAMemoryOfTheirSizeWould(
      int capacity, int files, long seed) throws IOException {
    Trace trace = TraceFile.random(seed, 300).read(folder);
    Replay replay = new Replay(trace, Outputs.INFER, 40, 290);
    ReplayResult both = run(replay, capacity, OptionalInt.of(files));
    assertEquals(run(replay, capacity, OptionalInt.empty()).hitRatio(), both.dramHitRatio());
    assertEquals(run(replay, files, OptionalInt.empty()).hitRatio(), both.hitRatio());
    assertTrue(both.fileWrites() > 0);
  }

  @Test
  void filesFewerThanMemoryHoldsTakeNothingFromIt() throws IOException {
    Trace trace = TraceFile.random(9, 300).read(folder);
    Replay replay = new Replay(trace, Outputs.NONE, 0, 300);
    ReplayResult alone = run(replay, 40, OptionalInt.empty());
    ReplayResult both = run(replay, 40, OptionalInt.of(3));
    assertEquals(alone.hitRatio(), both.hitRatio());
    assertEquals(alone.hitRatio(), both.dramHitRatio());
  }
}
