package io.kvcache.spi;

import java.util.Objects;

/**
 * How bytes reach the disk.
 *
 * @param direct whether reads and writes bypass the page cache (O_DIRECT)
 * @param reason how that was found out, or why it is not direct
 */
public record IoMode(boolean direct, String reason) {
  public IoMode {
    Objects.requireNonNull(reason, "reason");
  }

  /** {@code DIRECT} or {@code BUFFERED}. */
  public String label() {
    return direct ? "DIRECT" : "BUFFERED";
  }

  @Override
  public String toString() {
    return label() + " (" + reason + ")";
  }
}
