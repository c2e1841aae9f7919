package io.kvcache.lustre;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.kvcache.KvCache;
import io.kvcache.KvLayout;
import io.kvcache.StoreOutcome;
import io.kvcache.fixture.Caches;
import io.kvcache.fixture.ChildJvm;
import io.kvcache.fixture.FakeEngine;
import io.kvcache.fixture.Layouts;
import io.kvcache.store.DirectoryStore;
import java.io.File;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Caches whose DRAM is a {@link LargeMemory}. */
class LargeMemoryCacheTest {
  private static final int CHUNKS = 20;
  private static final int[] TOKENS = FakeEngine.prompt(1, CHUNKS * Layouts.CHUNK + 1);

  /** Serves one prompt from memory beyond what this JVM has of direct memory, in a child JVM. */
  static final class Child {
    private static final KvLayout LAYOUT = Layouts.FULL.toBuilder().chunkTokens(1024).build();

    private Child() {}

    public static void main(String[] arguments) {
      int[] tokens = FakeEngine.prompt(2, 200 * 1024 + 1);
      try {
        Caches.ofChunks(LAYOUT, 200).build();
      } catch (IllegalArgumentException e) {
        System.out.println(e.getMessage());
      }
      LargeMemory memory = LargeMemory.open();
      try (KvCache cache = Caches.ofChunks(LAYOUT, 200).hostMemory(memory).build()) {
        Caches.fill(cache, tokens);
        System.out.println(Caches.restore(cache, tokens));
        System.out.println(memory.allocatedBytes());
      }
      System.out.println(memory.allocatedBytes());
    }
  }

  /** Opens one without JNA. */
  static final class WithoutJna {
    private WithoutJna() {}

    public static void main(String[] arguments) {
      try {
        LargeMemory.open();
      } catch (UnsupportedOperationException e) {
        System.out.println(e.getMessage());
      }
    }
  }

  @ParameterizedTest
  @MethodSource("io.kvcache.fixture.Caches#layouts")
  void itServesEqualBytesAndHasAllItsMemoryBackAtTheEnd(KvLayout layout, @TempDir Path directory) {
    LargeMemory memory = LargeMemory.open();
    try (DirectoryStore store = DirectoryStore.open(directory)) {
      KvCache cache = Caches.ofChunks(layout, CHUNKS + 2).hostMemory(memory).store(store).build();
      Caches.fill(cache, TOKENS);
      assertEquals(CHUNKS * Layouts.CHUNK, Caches.restore(cache, TOKENS));
      Caches.end(cache);
      assertEquals(0, memory.allocatedBytes());

      // Read into it, most of it through staging.
      KvCache small = Caches.ofChunks(layout, 2).hostMemory(memory).store(store).build();
      assertTrue(Caches.restore(small, TOKENS) > 0);
      assertTrue(memory.allocatedBytes() > 0);
      Caches.end(small);
    }
    assertEquals(0, memory.allocatedBytes());
    assertEquals(0, memory.stats().refused());
  }

  @Test
  void whereTheSystemRefusesTheTierIsSmallerAndNoRequestFails(@TempDir Path directory) {
    for (int given : new int[] {0, 1, 3}) {
      WatchedCalls poor =
          new WatchedCalls() {
            @Override
            int refuseMap(int number, int flags) {
              return number < given ? 0 : Errno.ENOMEM;
            }
          };
      LargeMemory memory = LargeMemory.builder().open(poor);
      KvCache cache = Caches.ofChunks(Layouts.FULL, 2 * CHUNKS).hostMemory(memory).build();
      for (int i = 0; i < 3; i++) {
        FakeEngine engine = new FakeEngine(cache.layout(), TOKENS);
        var report = cache.store(cache.keys(TOKENS), TOKENS.length, engine.source());
        assertEquals(StoreOutcome.NO_ROOM, report.chunks().get(CHUNKS - 1));
        assertEquals(given > 0, Caches.restore(cache, TOKENS) > 0);
      }
      assertEquals(1, memory.stats().refused(), "a system that refused is not asked again");
      assertEquals(given + 1, poor.maps());
      Caches.end(cache);
      assertEquals(0, memory.allocatedBytes());
      assertEquals(0, poor.bytes());
    }
  }

  @Test
  void aTierOfMoreThanItsLimitIsRefusedWithTheRemedy() {
    LargeMemory memory = LargeMemory.builder().limit(1 << 20).open();
    IllegalArgumentException refused =
        assertThrows(
            IllegalArgumentException.class,
            () -> Layouts.cache(Layouts.FULL).hostMemory(memory).build());
    for (String words :
        List.of("dram(67108864)", "limit of 1048576 bytes", "LargeMemory was opened with")) {
      assertTrue(refused.getMessage().contains(words), refused.getMessage());
    }
    LargeMemory machine = LargeMemory.open();
    refused =
        assertThrows(
            IllegalArgumentException.class,
            () -> Caches.ofChunks(Layouts.FULL, 1 << 30).hostMemory(machine).build());
    assertTrue(refused.getMessage().contains("container"), refused.getMessage());
  }

  @Test
  void itGoesBeyondTheDirectMemoryOfTheJvm() throws Exception {
    long dram = 200 * Caches.namespace(Child.LAYOUT).chunkBytes();
    long direct = 8L << 20;
    assertTrue(dram > 3 * direct, dram + " bytes");
    List<String> command = new ArrayList<>();
    command.addAll(List.of("-XX:MaxDirectMemorySize=" + direct, "-cp", ChildJvm.classPath()));
    command.add(Child.class.getName());
    try (ChildJvm child = ChildJvm.start(List.of(), command)) {
      String refusal = child.nextLine();
      assertTrue(refusal.contains("limit of " + direct + " bytes"), refusal);
      assertEquals(String.valueOf(200 * 1024), child.nextLine());
      long mapped = Long.parseLong(child.nextLine());
      assertTrue(mapped > 3 * direct, mapped + " bytes");
      assertEquals("0", child.nextLine());
      assertEquals(0, child.exitCode());
    }
  }

  @Test
  void withoutJnaOpeningSaysWhatIsMissing() throws Exception {
    String withoutJna =
        Arrays.stream(ChildJvm.classPath().split(File.pathSeparator))
            .filter(entry -> !entry.matches(".*/jna-[^/]*\\.jar"))
            .collect(Collectors.joining(File.pathSeparator));
    assumeTrue(!withoutJna.equals(ChildJvm.classPath()), "JNA is not a jar here");
    try (ChildJvm child =
        ChildJvm.start(List.of(), List.of("-cp", withoutJna, WithoutJna.class.getName()))) {
      String message = child.nextLine();
      assertTrue(message.contains("JNA is missing") && message.contains("hostMemory"), message);
      assertEquals(0, child.exitCode());
    }
  }
}
