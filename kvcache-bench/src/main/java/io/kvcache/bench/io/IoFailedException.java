package io.kvcache.bench.io;

/** A disk that did not do what is to be measured: full, or broken. */
public final class IoFailedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /**
   * @param message what it did instead
   */
  public IoFailedException(String message) {
    super(message);
  }
}
