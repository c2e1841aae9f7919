package io.kvcache.spi;

import java.io.IOException;

/** An allocation or a copy that an accelerator refused. It makes a tier smaller, nothing else. */
public final class DeviceMemoryException extends IOException {
  private static final long serialVersionUID = 1L;

  /**
   * @param message what was tried, with its size and address
   * @param cause what the device said, or null
   */
  public DeviceMemoryException(String message, Throwable cause) {
    super(message, cause);
  }
}
