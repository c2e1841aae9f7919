package io.kvcache.bench.io;

/** Hears from a run how far it is, now and then, on the thread that started it. */
@FunctionalInterface
public interface RunWatch {
  /** Lets the run go on and looks away. */
  RunWatch NONE = images -> true;

  /**
   * Called a few times a second.
   *
   * @param images images that were written or read so far
   * @return whether to go on; if not, the run ends with a {@link
   *     java.util.concurrent.CancellationException}
   */
  boolean goOn(long images);

  /** Hears of a part of the run, whose images come on top of those before. */
  default RunWatch after(long before) {
    return images -> goOn(before + images);
  }
}
