package io.kvcache.lustre;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.kvcache.spi.HostMemory.Region;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class LargeMemoryTest {
  private static final int PAGE = 4096;
  private static final int ARENA = 32 << 20;
  private static final Path POOL = Path.of("/sys/kernel/mm/hugepages/hugepages-2048kB");

  @AfterEach
  void theSystemHasAllOfItBack() throws IOException {
    assertEquals(0, ProcessMemory.notForked("Size"));
  }

  @ParameterizedTest
  @EnumSource(HugePages.class)
  void whatIsCountedIsWhatTheKernelSaysIsMapped(HugePages pages) throws IOException {
    LargeMemory memory = LargeMemory.builder().hugePages(pages).open();
    List<Region> regions = new ArrayList<>();
    for (int bytes : new int[] {1, PAGE, 300_000, ARENA, ARENA + PAGE, 5_000_000}) {
      regions.add(memory.allocate(bytes, PAGE));
      assertEquals(ProcessMemory.notForked("Size"), memory.stats().mappedBytes());
      assertEquals(regions.size(), memory.stats().regions());
    }
    long most = 2L * ARENA + 6_000_000 + (pages == HugePages.RESERVED ? 8 << 20 : 6 * 65536);
    assertTrue(memory.allocatedBytes() <= most, memory.stats().toString());
    regions.forEach(Region::close);
    long limit = memory.limitBytes();
    assertEquals(new LargeMemoryStats(0, 0, 0, 0, limit, 0), memory.stats());
    assertEquals(0, ProcessMemory.notForked("Size"));
  }

  @Test
  void itsLimitIsWhatTheMachineHas() {
    long limit = LargeMemory.open().limitBytes();
    assertTrue(limit > Runtime.getRuntime().maxMemory(), limit + " bytes");
    assertTrue(limit < 1L << 50, limit + " bytes: no limit at all");
  }

  @Test
  void whatIsLargeBeginsAtAHugePage() {
    LargeMemory memory = LargeMemory.open();
    assumeTrue(memory.toString().contains("transparent"), "the kernel offers no huge pages");
    for (int bytes : new int[] {Mapper.HUGE_PAGE, ARENA - PAGE, ARENA + 1}) {
      try (Region region = memory.allocate(bytes, PAGE)) {
        assertEquals(0, region.bytes().alignmentOffset(0, Mapper.HUGE_PAGE));
        assertEquals(memory.stats().mappedBytes(), memory.stats().transparentHugeBytes());
      }
    }
    try (Region region = memory.allocate(Mapper.HUGE_PAGE - 1, PAGE)) {
      assertEquals(0, memory.stats().transparentHugeBytes());
      assertEquals(0, region.bytes().alignmentOffset(0, PAGE));
    }
  }

  @Test
  void theKernelBacksAnArenaByHugePages() throws IOException {
    LargeMemory memory = LargeMemory.open();
    assumeTrue(memory.toString().contains("transparent"), "the kernel offers no huge pages");
    try (Region region = memory.allocate(ARENA, PAGE)) {
      long huge = ProcessMemory.notForked("AnonHugePages");
      assumeTrue(huge > 0, "this machine's memory is too fragmented for huge pages");
      assertTrue(huge <= ARENA, huge + " bytes of " + region);
    }
    LargeMemory small = LargeMemory.builder().hugePages(HugePages.NONE).open();
    try (Region region = small.allocate(ARENA, PAGE)) {
      assertEquals(ARENA, region.bytes().capacity());
      assertEquals(0, ProcessMemory.notForked("AnonHugePages"));
    }
  }

  @Test
  void reservedHugePagesAreUsedAndThenOthers() throws IOException {
    Path setting = POOL.resolve("nr_hugepages");
    assumeTrue(Files.isWritable(setting), "only root reserves huge pages");
    String before = Files.readString(setting).trim();
    assumeTrue(before.equals("0"), "this machine's huge pages are somebody else's");
    try {
      Files.writeString(setting, "17");
      assumeTrue(Files.readString(setting).trim().equals("17"), "no huge pages left to reserve");
      LargeMemory memory = LargeMemory.builder().hugePages(HugePages.RESERVED).open();
      try (Region first = memory.allocate(ARENA, PAGE);
          Region second = memory.allocate(ARENA, PAGE)) {
        assertEquals(0, first.bytes().alignmentOffset(0, Mapper.HUGE_PAGE));
        assertEquals(ARENA, memory.stats().reservedHugeBytes());
        assertEquals(ARENA, second.bytes().capacity());
        assertEquals(2L * ARENA, memory.stats().mappedBytes());
        assertEquals("1", Files.readString(POOL.resolve("free_hugepages")).trim());
      }
      assertEquals(0, memory.stats().reservedHugeBytes());
      assertEquals("17", Files.readString(POOL.resolve("free_hugepages")).trim());
    } finally {
      Files.writeString(setting, before);
    }
  }

  @ParameterizedTest
  @EnumSource(HugePages.class)
  void memoryIsFaultedInWhenItIsGotAndGoneWhenItIsClosed(HugePages pages) throws IOException {
    int bytes = 128 << 20;
    LargeMemory memory = LargeMemory.builder().hugePages(pages).open();
    long before = ProcessMemory.resident();
    try (Region region = memory.allocate(bytes, PAGE)) {
      assertEquals(bytes, region.bytes().capacity());
      assertEquals(bytes, ProcessMemory.notForked("Rss"));
      assertTrue(ProcessMemory.resident() - before > bytes - (32 << 20));
    }
    assertTrue(ProcessMemory.resident() - before < 32 << 20);
  }

  @Test
  void withoutPrefaultMemoryComesAsItIsTouched() throws IOException {
    LargeMemory memory = LargeMemory.builder().hugePages(HugePages.NONE).prefault(false).open();
    try (Region region = memory.allocate(ARENA, PAGE)) {
      assertEquals(0, ProcessMemory.notForked("Rss"));
      region.bytes().put(0, (byte) 1);
      assertEquals(PAGE, ProcessMemory.notForked("Rss"));
    }
  }

  @Test
  void aKernelThatCannotPopulateIsHelpedByTouching() throws IOException {
    WatchedCalls old = refusing(MappingCalls.POPULATE, Errno.EINVAL);
    LargeMemory memory = LargeMemory.builder().hugePages(HugePages.NONE).open(old);
    for (int bytes : new int[] {ARENA, ARENA - 1, PAGE + 1}) {
      try (Region region = memory.allocate(bytes, PAGE)) {
        long pages = (bytes + PAGE - 1) / PAGE;
        assertEquals(pages * PAGE, ProcessMemory.notForked("Rss"), region.bytes().toString());
      }
    }
  }

  private static WatchedCalls refusing(int refused, int errno) {
    return new WatchedCalls() {
      @Override
      int refuseAdvice(int advice) {
        return advice == refused ? errno : 0;
      }
    };
  }

  @ParameterizedTest
  @ValueSource(ints = {Errno.ENOMEM, 14, 133})
  void memoryThatCannotBeFaultedInIsGivenBackAndRefused(int errno) {
    WatchedCalls calls = refusing(MappingCalls.POPULATE, errno);
    LargeMemory memory = LargeMemory.builder().open(calls);
    OutOfMemoryError refused =
        assertThrows(OutOfMemoryError.class, () -> memory.allocate(ARENA, PAGE));
    assertTrue(refused.getMessage().contains(Errno.text(errno)), refused.getMessage());
    assertEquals(0, calls.bytes());
    assertEquals(new LargeMemoryStats(0, 0, 0, 0, memory.limitBytes(), 1), memory.stats());
  }

  @Test
  void aKernelWithoutHugePagesGivesSmallOnes() {
    WatchedCalls calls = refusing(MappingCalls.HUGE_PAGES, Errno.EINVAL);
    LargeMemory memory = LargeMemory.builder().open(calls);
    try (Region region = memory.allocate(ARENA, PAGE)) {
      assertEquals(ARENA, region.bytes().capacity());
      assertEquals(0, memory.stats().transparentHugeBytes());
    }
    assertEquals(0, calls.bytes());
  }

  @Test
  void whetherTransparentHugePagesAreOfferedIsRead(@TempDir Path folder) throws IOException {
    Path setting = folder.resolve("enabled");
    assertFalse(LargeMemory.offersTransparent(setting), "a kernel built without");
    for (String offers : List.of("[always] madvise never", "always [madvise] never")) {
      assertTrue(LargeMemory.offersTransparent(Files.writeString(setting, offers)));
    }
    assertFalse(
        LargeMemory.offersTransparent(Files.writeString(setting, "always madvise [never]")));
  }

  @Test
  void anEmptyPoolIsNoReasonToRefuse() {
    WatchedCalls calls =
        new WatchedCalls() {
          @Override
          int refuseMap(int number, int flags) {
            return flags == FROM_POOL ? Errno.ENOMEM : 0;
          }
        };
    LargeMemory memory = LargeMemory.builder().hugePages(HugePages.RESERVED).open(calls);
    try (Region region = memory.allocate(ARENA + PAGE, PAGE)) {
      assertEquals(ARENA + PAGE, region.bytes().capacity());
      assertEquals(ARENA + Mapper.LARGEST_SMALL_PAGE, memory.allocatedBytes());
      assertEquals(0, memory.stats().reservedHugeBytes());
      assertEquals(2, calls.maps());
    }
    assertEquals(0, calls.bytes());
    assertEquals(0, memory.stats().refused());
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1})
  void whereTheEndsCannotBeCutOffAllOfItIsGivenBack(int failing) {
    int[] unmappings = {0};
    WatchedCalls calls =
        new WatchedCalls() {
          @Override
          int refuseUnmap(long bytes) {
            return unmappings[0]++ == failing ? Errno.ENOMEM : 0;
          }
        };
    LargeMemory memory = LargeMemory.builder().prefault(false).open(calls);
    // A mapping that happens to be aligned has one end only.
    while (memory.stats().refused() == 0) {
      unmappings[0] = 0;
      try {
        Region region = memory.allocate(ARENA, 64 << 20);
        unmappings[0] = 2;
        region.close();
      } catch (OutOfMemoryError e) {
        assertTrue(e.getMessage().contains("munmap"), e.getMessage());
      }
    }
    assertFalse(calls.wrong());
    assertEquals(0, calls.bytes());
    assertEquals(0, memory.allocatedBytes());
  }

  @Test
  void whatTheSystemDoesNotTakeBackStaysCounted() {
    boolean[] refuses = {false};
    WatchedCalls calls =
        new WatchedCalls() {
          @Override
          int refuseUnmap(long bytes) {
            return refuses[0] ? Errno.ENOMEM : 0;
          }
        };
    LargeMemory memory = LargeMemory.builder().open(calls);
    Region region = memory.allocate(ARENA, PAGE);
    long address = address(region);
    refuses[0] = true;
    region.close();
    region.close();
    assertEquals(ARENA, memory.allocatedBytes());
    assertEquals(ARENA, calls.bytes());
    refuses[0] = false;
    assertEquals(0, calls.unmap(address, ARENA));
  }

  private static long address(Region region) {
    return com.sun.jna.Pointer.nativeValue(
        com.sun.jna.Native.getDirectBufferPointer(region.bytes()));
  }

  @Test
  void aClosedRegionGivesNoMemory() {
    Region region = LargeMemory.open().allocate(PAGE, PAGE);
    region.close();
    assertThrows(IllegalStateException.class, region::bytes);
  }

  @Test
  void theLimitIsOfAllRegionsTogetherAndTheErrorNamesTheRemedy() {
    LargeMemory memory = LargeMemory.builder().limit(10 << 20).prefault(false).open();
    try (Region region = memory.allocate(6 << 20, PAGE)) {
      OutOfMemoryError refused =
          assertThrows(OutOfMemoryError.class, () -> memory.allocate(6 << 20, PAGE));
      for (String words : List.of("6291456", "10485760", "limit", "12582912")) {
        assertTrue(refused.getMessage().contains(words), refused.getMessage());
      }
      assertEquals(6 << 20, region.bytes().capacity());
      memory.allocate(4 << 20, PAGE).close();
    }
    memory.allocate(10 << 20, PAGE).close();
    assertEquals(1, memory.stats().refused());
  }

  @Test
  void whatTheSystemRefusesIsSaidWithItsErrnoAndARemedy() {
    WatchedCalls none =
        new WatchedCalls() {
          @Override
          int refuseMap(int number, int flags) {
            return Errno.ENOMEM;
          }
        };
    LargeMemory memory = LargeMemory.builder().open(none);
    OutOfMemoryError refused =
        assertThrows(OutOfMemoryError.class, () -> memory.allocate(ARENA, PAGE));
    for (String words : List.of(ARENA + " bytes", "ENOMEM", "container", "vm.max_map_count")) {
      assertTrue(refused.getMessage().contains(words), refused.getMessage());
    }
  }

  @Test
  void misuseIsRefused() {
    LargeMemory memory = LargeMemory.open();
    Stream.<Runnable>of(
            () -> memory.allocate(0, PAGE),
            () -> memory.allocate(-1, PAGE),
            () -> memory.allocate(1, 0),
            () -> memory.allocate(1, 3),
            () -> memory.allocate(1, Integer.MIN_VALUE),
            () -> LargeMemory.builder().limit(0),
            () -> LargeMemory.builder().limit(1L << 60),
            () -> LargeMemory.builder().limit(1 << 20).limit(1 << 20),
            () -> LargeMemory.builder().prefault(true).prefault(true),
            () -> LargeMemory.builder().hugePages(HugePages.AUTO).hugePages(HugePages.AUTO))
        .forEach(misuse -> assertThrows(IllegalArgumentException.class, misuse::run));
    assertThrows(NullPointerException.class, () -> LargeMemory.builder().hugePages(null));
  }

  @Test
  void aViewOfTheMemoryIsAnOrdinaryDirectBuffer(@TempDir Path folder) throws IOException {
    try (Region region = LargeMemory.open().allocate(ARENA, PAGE)) {
      ByteBuffer bytes = region.bytes();
      for (int at = 0; at < ARENA; at += 8) {
        bytes.putLong(at, at * 31L);
      }
      Path file = folder.resolve("f");
      try (var channel =
          Files.newByteChannel(
              file,
              java.nio.file.StandardOpenOption.CREATE_NEW,
              java.nio.file.StandardOpenOption.WRITE)) {
        channel.write(bytes.duplicate());
      }
      assertEquals(-1, ByteBuffer.wrap(Files.readAllBytes(file)).mismatch(bytes));
    }
  }

  @ParameterizedTest
  @EnumSource(HugePages.class)
  void aHeapThatIsFullLeavesNothingMappedOrCounted(HugePages pages) {
    for (int advice :
        new int[] {MappingCalls.DONT_FORK, MappingCalls.HUGE_PAGES, MappingCalls.POPULATE}) {
      WatchedCalls calls =
          new WatchedCalls() {
            @Override
            int refuseAdvice(int given) {
              // The last of them: an anonymous mapping of whatever pages.
              if (given == advice && maps() > (pages == HugePages.RESERVED ? 1 : 0)) {
                throw new OutOfMemoryError("Java heap space");
              }
              return 0;
            }
          };
      nothingIsLeft(LargeMemory.builder().hugePages(pages).open(calls), calls);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1})
  void aHeapThatIsFullWhileAnArenaIsCutOutLeavesNothing(int which) {
    AtomicInteger cuts = new AtomicInteger();
    WatchedCalls calls =
        new WatchedCalls() {
          @Override
          int refuseUnmap(long bytes) {
            if (bytes < ARENA && cuts.getAndIncrement() == which) {
              throw new OutOfMemoryError("Java heap space");
            }
            return 0;
          }
        };
    nothingIsLeft(LargeMemory.builder().hugePages(HugePages.NONE).open(calls), calls);
  }

  private static void nothingIsLeft(LargeMemory memory, WatchedCalls calls) {
    try {
      memory.allocate(ARENA, PAGE).close();
    } catch (OutOfMemoryError e) {
      assertEquals("Java heap space", e.getMessage());
    }
    assertEquals(0, memory.allocatedBytes());
    assertEquals(0, memory.stats().regions());
    assertEquals(0, calls.bytes());
    assertFalse(calls.wrong());
  }
}
