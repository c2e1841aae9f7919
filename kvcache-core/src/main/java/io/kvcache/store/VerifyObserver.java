package io.kvcache.store;

import java.nio.file.Path;

/** Hears of what a verification finds while it runs, on its thread, one at a time. */
public interface VerifyObserver {
  /** A file is proven wrong. If it is to be removed, it is so after this. */
  void corrupt(Path file, ImageFault fault);

  /** A file could not be read, or not be removed; nothing is proven. */
  void failed(Path file, String reason);

  /** One more image has been read and verified. */
  void checked(long bytes);
}
