package io.kvcache.spi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What every {@link HostMemory} keeps; inherit it and say how one is opened. */
public abstract class HostMemoryContract {
  private static final int PAGE = 4096;
  private static final int TOO_MUCH = 1 << 30;

  private final List<HostMemory.Region> regions = new ArrayList<>();
  private HostMemory memory;

  /** Opens what is tested: memory with 64 MiB to give at least, and less than 1 GiB + 4 KiB. */
  protected abstract HostMemory open() throws Exception;

  /** What else is to be so once every region was closed. */
  protected void checkAtTheEnd() {}

  @BeforeEach
  void openIt() throws Exception {
    memory = open();
    assertEquals(0, memory.allocatedBytes());
  }

  @AfterEach
  void everythingIsGivenBack() {
    regions.forEach(HostMemory.Region::close);
    assertEquals(0, memory.allocatedBytes());
    checkAtTheEnd();
  }

  private ByteBuffer allocate(int bytes, int alignment) {
    HostMemory.Region region = memory.allocate(bytes, alignment);
    regions.add(region);
    return region.bytes();
  }

  private static void fill(ByteBuffer buffer, int value) {
    for (int at = 0; at < buffer.capacity(); at++) {
      buffer.put(at, (byte) value);
    }
  }

  private static void check(ByteBuffer buffer, int value) {
    for (int at = 0; at < buffer.capacity(); at++) {
      assertEquals((byte) value, buffer.get(at));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 4095, 4096, 4097, 100_000, 1 << 21, (1 << 21) + 4096, 5_000_000})
  void memoryIsDirectAndExactlySoLarge(int bytes) {
    ByteBuffer buffer = allocate(bytes, PAGE);
    assertTrue(buffer.isDirect());
    assertFalse(buffer.isReadOnly());
    assertEquals(0, buffer.position());
    assertEquals(bytes, buffer.limit());
    assertEquals(bytes, buffer.capacity());
    assertTrue(memory.allocatedBytes() >= bytes);
    fill(buffer, 7);
    check(buffer, 7);
  }

  @ParameterizedTest
  @ValueSource(ints = {64, 4096, 16384, 65536, 1 << 20})
  void itsAddressIsAligned(int alignment) {
    for (int i = 0; i < 5; i++) {
      assertEquals(0, allocate(10_000 * (i + 1), alignment).alignmentOffset(0, alignment));
    }
  }

  @Test
  void regionsDoNotOverlap() {
    List<ByteBuffer> all = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      all.add(allocate(4096 + 50_000 * (i % 7), PAGE));
      fill(all.get(i), i);
    }
    for (int i = 0; i < 40; i++) {
      check(all.get(i), i);
    }
  }

  @Test
  void whatIsClosedIsCountedOnceAndCanBeHadAgain() {
    ByteBuffer kept = allocate(1 << 20, PAGE);
    long before = memory.allocatedBytes();
    for (int i = 0; i < 200; i++) {
      HostMemory.Region region = memory.allocate(1 << 20, PAGE);
      fill(region.bytes().slice(0, 16), i);
      assertTrue(memory.allocatedBytes() > before);
      region.close();
      region.close();
      assertEquals(before, memory.allocatedBytes());
    }
    fill(kept, 1);
  }

  @Test
  void moreThanThereIsIsRefusedAndTheRestIsStillThere() {
    long limit = memory.limitBytes();
    OutOfMemoryError refused = assertThrows(OutOfMemoryError.class, () -> allocate(TOO_MUCH, PAGE));
    assertTrue(refused.getMessage().matches("(?s).*\\d+ byte.*"), refused.getMessage());
    assertEquals(0, memory.allocatedBytes());
    allocate(1 << 20, PAGE);
    assertEquals(limit, memory.limitBytes(), "the limit is of what there is in all");
  }

  @Test
  void itSaysWhatItIsAndWhatHelps() {
    assertTrue(memory.limitBytes() >= 64 << 20);
    for (String words : List.of(memory.toString(), memory.remedy(1L << 40))) {
      assertTrue(words.length() > 10 && !words.contains("\n") && !words.contains("@"), words);
    }
  }

  @Test
  void manyThreadsGetRegionsOfTheirOwn() throws Exception {
    ExecutorService pool = Executors.newFixedThreadPool(8);
    try {
      List<Future<?>> ends = new ArrayList<>();
      for (int t = 0; t < 8; t++) {
        int mine = t;
        ends.add(
            pool.submit(
                () -> {
                  for (int i = 0; i < 50; i++) {
                    try (HostMemory.Region region = memory.allocate(60_000, PAGE)) {
                      fill(region.bytes(), mine);
                      check(region.bytes(), mine);
                    }
                  }
                }));
      }
      for (Future<?> end : ends) {
        end.get();
      }
    } finally {
      pool.shutdown();
    }
  }
}
