package io.kvcache.bench.replay;

import static io.kvcache.bench.replay.TraceFile.BLOCK;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kvcache.tier.LruPolicy;
import java.io.IOException;
import java.nio.file.Path;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PolicyReplayTest {
  @TempDir Path folder;

  private ReplayResult run(TraceFile file, int capacity, Outputs outputs) throws IOException {
    Trace trace = file.read(folder);
    return run(new Replay(trace, outputs, 0, trace.size()), capacity);
  }

  private static ReplayResult run(Replay replay, int capacity) {
    try (ReplayTarget target = replay.policyOnly(capacity, OptionalInt.empty(), LruPolicy::new)) {
      return replay.run(target, served -> true);
    }
  }

  @Test
  void hitsAreTheLeadingBlocksThatAreThere() throws IOException {
    TraceFile trace =
        new TraceFile().request(0, 14, 0, 1, 2, 3, 9).request(1, 12, 0, 1, 2, 4).prompt(5, 2);
    ReplayResult result = run(trace, 100, Outputs.NONE);
    assertEquals(3, result.requests());
    assertEquals(34, result.promptTokens());
    assertEquals(8, result.hitTokens());
    assertEquals(8.0 / 34, result.hitRatio());
    assertEquals(result.hitRatio(), result.dramHitRatio());
    assertEquals(0, result.evictions());
  }

  @Test
  void aPartialBlockNeverHits() throws IOException {
    TraceFile trace = new TraceFile().request(0, 6, 0, 1, 2).request(1, 6, 0, 1, 2);
    assertEquals(4, run(trace, 100, Outputs.NONE).hitTokens());
  }

  @Test
  void theDeepestBlockOfTheOldestPathLeavesFirst() throws IOException {
    TraceFile trace = new TraceFile().prompt(1, 2, 3);
    trace.prompt(1, 4); // hits 1; 3 leaves for 4
    trace.prompt(1, 2, 3); // hits 1 and 2; 4 leaves for 3
    trace.prompt(1, 4); // hits 1; 3 leaves for 4
    ReplayResult result = run(trace, 3, Outputs.NONE);
    assertEquals(BLOCK * (1 + 2 + 1), result.hitTokens());
    assertEquals(3, result.evictions());
  }

  @Test
  void aRequestEvictsNoBlockOfItsOwnPath() throws IOException {
    TraceFile trace = new TraceFile().prompt(1, 2, 3).prompt(1, 2, 3).prompt(1, 2);
    ReplayResult result = run(trace, 2, Outputs.NONE);
    assertEquals(BLOCK * (0 + 2 + 2), result.hitTokens());
    assertEquals(0, result.evictions());
  }

  @Test
  void requestsRunInTheOrderOfTheirTimestampsAndEqualOnesInThatOfTheFile() throws IOException {
    TraceFile trace = new TraceFile();
    trace.request(5, 8, 0, 1, 3); // second: hits 1
    trace.request(5, 12, 0, 1, 3, 4); // third: hits 1 and 3
    trace.request(2, 8, 0, 1, 2); // first
    trace.request(6, 8, 0, 1, 2); // last: 2 was evicted by the third
    assertEquals(BLOCK * (1 + 2 + 1), run(trace, 3, Outputs.NONE).hitTokens());
  }

  @Test
  void aGeneratedBlockIsThatOfTheRequestThatGoesOn() throws IOException {
    TraceFile trace = new TraceFile().request(0, 8, 4, 1, 2).request(1, 12, 0, 1, 2, 7);
    assertEquals(BLOCK * 2, run(trace, 100, Outputs.NONE).hitTokens());
    assertEquals(BLOCK * 3, run(trace, 100, Outputs.INFER).hitTokens());
  }

  @Test
  void aPartialInputBlockIsFilledByTheOutput() throws IOException {
    TraceFile trace = new TraceFile().request(0, 10, 2, 1, 2, 8).request(1, 13, 0, 1, 2, 7, 9);
    assertEquals(BLOCK * 3, run(trace, 100, Outputs.INFER).hitTokens());
  }

  @Test
  void aRequestGoesOnOnlyIfItHoldsTheWholeOutput() throws IOException {
    TraceFile trace = new TraceFile().request(0, 8, 5, 1, 2).request(1, 12, 0, 1, 2, 7);
    assertEquals(BLOCK * 2, run(trace, 100, Outputs.INFER).hitTokens());
  }

  @Test
  void theFirstRequestThatIsLongEnoughGoesOn() throws IOException {
    TraceFile trace =
        new TraceFile()
            .request(0, 8, 8, 1, 2)
            .request(1, 12, 0, 1, 2, 7)
            .request(2, 16, 0, 1, 2, 9, 10)
            .request(3, 16, 0, 1, 2, 11, 12);
    assertEquals(BLOCK * (2 + 4 + 2), run(trace, 100, Outputs.INFER).hitTokens());
  }

  @Test
  void aRequestThatGoesOnFromElsewhereDoesNotCount() throws IOException {
    TraceFile trace = new TraceFile().request(0, 8, 4, 1, 2).request(1, 12, 0, 1, 3, 7);
    assertEquals(BLOCK * 1, run(trace, 100, Outputs.INFER).hitTokens());
  }

  @Test
  void generatedBlocksThatNobodyAsksForTakeSpace() throws IOException {
    TraceFile trace = new TraceFile().request(0, 4, 8, 1).prompt(2).prompt(1).prompt(2);
    ReplayResult without = run(trace, 3, Outputs.NONE);
    assertEquals(BLOCK * 2, without.hitTokens());
    assertEquals(0, without.evictions());
    ReplayResult with = run(trace, 3, Outputs.INFER);
    assertEquals(BLOCK * 2, with.hitTokens());
    assertEquals(1, with.evictions());
  }

  @Test
  void onlyRequestsOfTheRangeCountAndEarlierOnesWarmUp() throws IOException {
    TraceFile file = new TraceFile().prompt(1, 2).prompt(3).prompt(1, 2, 3).prompt(1, 5).prompt(9);
    Trace trace = file.read(folder);
    ReplayResult result = run(new Replay(trace, Outputs.NONE, 2, 4), 3);
    assertEquals(2, result.requests());
    assertEquals(20, result.promptTokens());
    assertEquals(BLOCK * (2 + 1), result.hitTokens());
    assertEquals(2, result.evictions(), "3 for the second 3, and that one for 5");
  }

  @Test
  void aRangeOutsideTheTraceIsRefused() throws IOException {
    Trace trace = new TraceFile().prompt(1).prompt(2).read(folder);
    assertThrows(IllegalArgumentException.class, () -> new Replay(trace, Outputs.NONE, 1, 1));
    assertThrows(IllegalArgumentException.class, () -> new Replay(trace, Outputs.NONE, -1, 1));
    assertThrows(IllegalArgumentException.class, () -> new Replay(trace, Outputs.NONE, 0, 3));
  }

  @Test
  void savedOperationsGrowFasterThanTokens() throws IOException {
    TraceFile trace = new TraceFile().prompt(1, 2).prompt(1, 2, 3);
    double hit = 16e9 * 8 + 524_288.0 * 8 * 8 / 2;
    double last = 16e9 * 12 + 524_288.0 * 12 * 12 / 2;
    ReplayResult result = run(trace, 100, Outputs.NONE);
    assertEquals(hit / (hit + last), result.savedFlopsRatio(), 1e-12);
    assertTrue(result.savedFlopsRatio() < result.hitRatio());
  }

  @Test
  void aRunThatIsEndedEarlyHasWhatItSaw() throws IOException {
    Trace trace = new TraceFile().prompt(1).prompt(1).prompt(1).read(folder);
    Replay replay = new Replay(trace, Outputs.NONE, 0, 3);
    try (ReplayTarget target = replay.policyOnly(1, OptionalInt.empty(), LruPolicy::new)) {
      ReplayResult result = replay.run(target, served -> served < 2);
      assertEquals(2, result.requests());
      assertEquals(0.5, result.hitRatio());
    }
  }

  @Test
  void promptsBelowOneBlockHitNothing() throws IOException {
    TraceFile trace = new TraceFile().request(0, 0, 0).request(1, 3, 9).request(2, 3, 9);
    ReplayResult result = run(trace, 100, Outputs.INFER);
    assertEquals(0, result.hitTokens());
    assertEquals(0, result.hitRatio());
    assertEquals(6, result.promptTokens());
  }
}
