package io.kvcache.lustre;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.kvcache.spi.HostMemory;
import io.kvcache.spi.HostMemoryContract;
import org.junit.jupiter.api.Nested;

class LargeMemoryContractTest {
  private static final long LIMIT = 512 << 20;

  @Nested
  class WithTransparentHugePages extends HostMemoryContract {
    @Override
    protected HostMemory open() {
      return LargeMemory.builder().limit(LIMIT).open();
    }
  }

  @Nested
  class WithReservedHugePages extends HostMemoryContract {
    @Override
    protected HostMemory open() {
      return LargeMemory.builder().limit(LIMIT).hugePages(HugePages.RESERVED).open();
    }
  }

  @Nested
  class WithSmallPagesAsTheyAreTouched extends HostMemoryContract {
    @Override
    protected HostMemory open() {
      return LargeMemory.builder().limit(LIMIT).hugePages(HugePages.NONE).prefault(false).open();
    }
  }

  /** Every address that is unmapped is one that was given, and is not given while it is used. */
  @Nested
  class WithSystemCallsThatAreWatched extends HostMemoryContract {
    private final WatchedCalls calls = new WatchedCalls();

    @Override
    protected HostMemory open() {
      return LargeMemory.builder().limit(LIMIT).open(calls);
    }

    @Override
    protected void checkAtTheEnd() {
      assertFalse(calls.wrong(), "a range was unmapped that was not ours");
      assertEquals(0, calls.bytes());
    }
  }
}
