package io.kvcache.store;

/**
 * What a call does on an I/O thread, and what is answered where it could not or did not end.
 *
 * @param <T> the answer
 */
abstract class IoTask<T> {
  /** The answer if the store is closed or out of service, or the task threw. */
  final T ifDown;

  /** The answer if the call hung. */
  final T ifHung;

  /** The answer if it was taken out of the queue. */
  final T ifCancelled;

  IoTask(T ifDown, T ifHung, T ifCancelled) {
    this.ifDown = ifDown;
    this.ifHung = ifHung;
    this.ifCancelled = ifCancelled;
  }

  /** Does the work, on an I/O thread. */
  abstract T run();

  /**
   * It hangs and was abandoned. Called before the answer is given, on a thread that must not wait.
   *
   * @param file what it was busy with, see {@link IoPool#on}; null if it did not say
   */
  void hung(ImagePath file) {}

  /** The system call of an abandoned task has returned. */
  void returned(ImagePath file) {}
}
