package io.kvcache.bench.jmh;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kvcache.bench.io.SlotMemory;
import io.kvcache.bench.io.StoreKind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ScenarioBenchmarkTest {
  @TempDir Path folder;

  private <B extends ScenarioBenchmark> B small(B benchmark) {
    benchmark.directory = folder.toString();
    benchmark.directoryGbPerS = 1;
    benchmark.scenarioGbPerS = 100;
    benchmark.model = "llama-3.3-70b";
    benchmark.accelerator = "h100";
    benchmark.width = 8;
    benchmark.promptTokens = 2048;
    benchmark.chunkTokens = 256;
    benchmark.store = StoreKind.NIO;
    benchmark.memory = SlotMemory.JVM;
    benchmark.workers = 2;
    return benchmark;
  }

  private TtftBenchmark ttft() {
    TtftBenchmark benchmark = small(new TtftBenchmark());
    benchmark.reuse = 50;
    benchmark.tiers = "file";
    return benchmark;
  }

  private ThroughputBenchmark throughput() {
    ThroughputBenchmark benchmark = small(new ThroughputBenchmark());
    benchmark.reuse = 99;
    benchmark.dramPercent = 1;
    benchmark.prompts = 2;
    benchmark.concurrency = 2;
    return benchmark;
  }

  private void assertNothingIsLeft() throws IOException {
    try (Stream<Path> left = Files.list(folder)) {
      assertEquals(0, left.count());
    }
  }

  private void assertTtftRefuses(String why, Consumer<TtftBenchmark> setting) throws IOException {
    TtftBenchmark benchmark = ttft();
    setting.accept(benchmark);
    assertRefused(why, assertThrows(IllegalArgumentException.class, benchmark::open));
  }

  private void assertThroughputRefuses(String why, Consumer<ThroughputBenchmark> setting)
      throws IOException {
    ThroughputBenchmark benchmark = throughput();
    setting.accept(benchmark);
    assertRefused(why, assertThrows(IllegalArgumentException.class, benchmark::open));
  }

  private void assertRefused(String why, IllegalArgumentException e) throws IOException {
    assertTrue(e.getMessage().contains(why), e.getMessage());
    assertNothingIsLeft();
  }

  @Test
  void aRequestIsServedFromFilesAndNothingIsLeft() throws Exception {
    TtftBenchmark benchmark = ttft();
    benchmark.open();
    benchmark.prepare();
    assertEquals(1024, benchmark.restore(new TtftBenchmark.Parts()));
    benchmark.drop();
    benchmark.close();
    assertNothingIsLeft();
  }

  @Test
  void clientsServeTwoRequestsEachAndNothingIsLeft() throws Exception {
    ThroughputBenchmark benchmark = throughput();
    benchmark.open();
    ThroughputBenchmark.Done done = new ThroughputBenchmark.Done();
    benchmark.serve(done);
    assertEquals(4, done.requests);
    assertEquals(4 * 1792, done.restoredTokens);
    benchmark.close();
    assertNothingIsLeft();
  }

  @Test
  void aBandwidthThatNobodySaysIsMeasured() throws IOException {
    TtftBenchmark benchmark = ttft();
    benchmark.directoryGbPerS = 0;
    benchmark.open();
    assertTrue(benchmark.run.layout().k() > 0);
    benchmark.close();
    assertNothingIsLeft();
  }

  @Test
  void whatTheCommandRefusesIsRefusedHereTooBeforeAnythingIsWritten() throws IOException {
    assertTtftRefuses("reuse of 150 %: from 0 to 100", b -> b.reuse = 150);
    assertTtftRefuses("reuse of -5 %: from 0 to 100", b -> b.reuse = -5);
    assertTtftRefuses("tier \"disk\"", b -> b.tiers = "disk");
    assertTtftRefuses("0 I/O threads", b -> b.workers = 0);
    assertTtftRefuses("more than 0", b -> b.directoryGbPerS = -1);
    assertTtftRefuses("leave hbm out", this::windowsOnADevice);
  }

  private void windowsOnADevice(TtftBenchmark benchmark) {
    benchmark.model = "qwen3.5-35b-a3b";
    benchmark.tiers = "hbm";
  }

  @Test
  void withoutACacheThereIsNothingToMeasure() throws IOException {
    assertTtftRefuses("tiers=none", b -> b.tiers = "none");
  }

  @Test
  void clientsPromptsAndSharesHaveBounds() throws IOException {
    assertThroughputRefuses("concurrency=0: from 1 to 256", b -> b.concurrency = 0);
    assertThroughputRefuses("prompts=0: from 1 to 1000", b -> b.prompts = 0);
    assertThroughputRefuses("dramPercent=101: from 0 to 100", b -> b.dramPercent = 101);
  }

  @Test
  void diskAndMemoryMustHaveRoomBeforeAnythingIsWritten() throws IOException {
    assertTtftRefuses("MB free", b -> b.promptTokens = 100_000_000);
    assertTtftRefuses("are more than", b -> b.promptTokens = manyTokens());
  }

  /** More than memory has, less than the disk has. */
  private static int manyTokens() {
    long bytesPerToken = 3_300;
    return (int) (SlotMemory.JVM.open().limitBytes() / bytesPerToken);
  }

  @Test
  void aDirectoryThatIsNoneIsNamed() throws IOException {
    assertTtftRefuses("is none: name one", b -> b.directory = folder.resolve("none").toString());
  }
}
