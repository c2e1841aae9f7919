package io.kvcache.lustre;

import io.kvcache.spi.HostMemory;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicBoolean;

/** A mapping of {@link LargeMemory} while somebody has it. Unmapped once, whoever closes first. */
final class MappedRegion implements HostMemory.Region {
  private final LargeMemory owner;
  private final Mapping mapping;
  private final ByteBuffer bytes;
  private final AtomicBoolean closed = new AtomicBoolean();

  MappedRegion(LargeMemory owner, Mapping mapping, int length) {
    this.owner = owner;
    this.mapping = mapping;
    this.bytes = mapping.view(length);
  }

  /**
   * {@inheritDoc}
   *
   * @throws IllegalStateException once it was closed: the address may be somebody else's
   */
  @Override
  public ByteBuffer bytes() {
    if (closed.get()) {
      throw new IllegalStateException("this region of " + owner + " is closed");
    }
    return bytes;
  }

  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      owner.unmap(mapping);
    }
  }
}
