package io.kvcache.tier;

import io.kvcache.spi.HostMemory;
import io.kvcache.spi.HostMemoryContract;

/** Core's tests run in a JVM that grants 1 GiB of direct memory. */
class DirectMemoryTest extends HostMemoryContract {
  @Override
  protected HostMemory open() {
    return new DirectMemory();
  }
}
