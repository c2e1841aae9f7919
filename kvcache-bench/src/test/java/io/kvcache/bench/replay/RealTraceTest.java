package io.kvcache.bench.replay;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.kvcache.tier.LruPolicy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalInt;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RealTraceTest {
  @ParameterizedTest
  @CsvSource({"0,0.20884", "3007,0.21039"})
  void theHitRatioIsTheOneThatOthersMeasured(int from, double expected) throws IOException {
    String folder = System.getProperty("kvcache.testdata", "");
    Path file = Path.of(folder, "traces", "conversation-first-half.jsonl");
    assumeTrue(
        !folder.isEmpty() && Files.exists(file),
        "no " + file + ": name the folder of test data with -Dkvcache.testdata=DIR");
    Trace trace = Trace.read(file, 512);
    Replay replay = new Replay(trace, Outputs.NONE, from, trace.size());
    try (ReplayTarget target = replay.policyOnly(9_417, OptionalInt.empty(), LruPolicy::new)) {
      assertEquals(expected, replay.run(target, served -> true).hitRatio(), 0.000005);
    }
  }
}
