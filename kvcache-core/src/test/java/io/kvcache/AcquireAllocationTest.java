package io.kvcache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.management.ThreadMXBean;
import io.kvcache.fixture.Caches;
import io.kvcache.fixture.FakeEngine;
import io.kvcache.fixture.Layouts;
import io.kvcache.store.DirectoryStore;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A hit in memory costs the heap next to nothing, however long the prompt. */
class AcquireAllocationTest {
  private static final int TOKENS = 50_000;
  private static final long LIMIT_BYTES = 64 << 10;

  @TempDir Path directory;

  static Stream<KvLayout> layouts() {
    KvLayout.Builder hybrid =
        KvLayout.builder()
            .elementType(ElementType.BF16)
            .full(new int[] {2}, new LayoutPart("k", 8), new LayoutPart("v", 8))
            .window(1024, new int[] {0}, new LayoutPart("k", 8))
            .state(new int[] {1}, new LayoutPart("s", 64));
    return Stream.of(KvLayout.attention(1, 1, 8, ElementType.BF16), hybrid.build());
  }

  @ParameterizedTest
  @MethodSource("layouts")
  void aResidentPromptOfFiftyThousandTokensTakesAtMost64KiB(KvLayout layout) {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    assumeTrue(threads.isThreadAllocatedMemorySupported(), "this JVM does not count allocations");
    int[] tokens = FakeEngine.prompt(1, TOKENS);
    try (DirectoryStore store = DirectoryStore.open(directory);
        KvCache cache = Layouts.cache(layout).store(store).build()) {
      Caches.fill(cache, tokens);
      PromptKeys keys = cache.keys(tokens);
      for (int warmUp = 0; warmUp < 50; warmUp++) {
        acquire(cache, keys);
      }
      int rounds = 20;
      long before = threads.getThreadAllocatedBytes(Thread.currentThread().getId());
      for (int round = 0; round < rounds; round++) {
        acquire(cache, keys);
      }
      long each =
          (threads.getThreadAllocatedBytes(Thread.currentThread().getId()) - before) / rounds;
      System.out.println("acquire and close of " + TOKENS + " tokens allocate " + each + " bytes");
      assertTrue(each <= LIMIT_BYTES, each + " bytes");
    }
  }

  private static void acquire(KvCache cache, PromptKeys keys) {
    try (PrefixLease lease = cache.acquire(keys)) {
      assertEquals(TOKENS / 256 * 256, lease.tokens());
    }
  }
}
