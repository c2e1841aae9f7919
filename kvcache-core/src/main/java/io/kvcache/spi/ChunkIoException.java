package io.kvcache.spi;

import java.io.IOException;

/** A {@link ChunkIo} call that failed, with what the store needs to know about it. */
public final class ChunkIoException extends IOException {
  private static final long serialVersionUID = 1L;

  private final IoFault fault;

  /**
   * @param fault kind of trouble
   * @param message what was tried on which file
   * @param cause what the system said, or null
   */
  public ChunkIoException(IoFault fault, String message, Throwable cause) {
    super(message, cause);
    this.fault = fault;
  }

  /** Kind of trouble. */
  public IoFault fault() {
    return fault;
  }
}
