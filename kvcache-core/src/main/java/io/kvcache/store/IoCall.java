package io.kvcache.store;

import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * A task on its way through the pool. Its lane, state, times and helpers are guarded by the pool's
 * lock; the pool completes the futures, outside it.
 */
final class IoCall<T> implements PendingIo<T> {
  /** What the pool has done with it. */
  enum State {
    QUEUED,
    RUNNING,
    /** Its thread is still in it, but an answer was given. */
    ABANDONED,
    ENDED
  }

  final IoTask<T> task;
  final long bytes;
  final long queuedAt;
  final boolean background;
  Lane lane;

  /** Written under the lock; a task may look whether it is still waited for. */
  volatile State state = State.QUEUED;

  long startedAt;

  /** The next one of those that are answered together once the lock is free. */
  IoCall<?> next;

  /** Calls that help with this one, queued or begun; begins and ends by this call's thread. */
  List<IoCall<Void>> helpers = List.of();

  /** Time that helpers spent on this one: its thread's own. */
  long helpedNanos;

  /** What its thread is busy with: written by that thread, read when it hangs. */
  volatile ImagePath file;

  // Guarded by this call's monitor, with what the task is told.
  private boolean told;
  private boolean returned;
  private ImagePath hangsAt;

  private final IoPool pool;

  /** The call that this one helps with; null if it is one of its own. */
  final IoCall<?> helped;

  private final CompletableFuture<T> outcome = new CompletableFuture<>();
  private final CompletableFuture<Void> released = new CompletableFuture<>();

  IoCall(IoPool pool, IoTask<T> task, Lane lane, long bytes, boolean background, long now) {
    this(pool, task, lane, bytes, background, now, null);
  }

  private IoCall(
      IoPool pool,
      IoTask<T> task,
      Lane lane,
      long bytes,
      boolean background,
      long now,
      IoCall<?> helped) {
    this.pool = pool;
    this.helped = helped;
    this.task = task;
    this.lane = lane;
    this.bytes = bytes;
    this.background = background;
    this.queuedAt = now;
  }

  /** A call that helps with this one, whose bytes are counted already. Under the pool's lock. */
  IoCall<Void> helper(SplitCall split, long now) {
    return new IoCall<>(pool, split, lane, 0, false, now, this);
  }

  /** Whether it is a part of another call. */
  boolean isHelper() {
    return helped != null;
  }

  /** Whether somebody still waits for what it does. */
  boolean inTime() {
    return state != State.ABANDONED && (helped == null || helped.inTime());
  }

  /** The answer of a call that no thread is in. */
  void answer(T value) {
    released.complete(null);
    outcome.complete(value);
  }

  void answerDown() {
    answer(task.ifDown);
  }

  /** The answer of a call whose thread is still in it. */
  void answerHung() {
    tell(false);
    outcome.complete(task.ifHung);
  }

  /** The thread of an abandoned call has come back. */
  void release() {
    tell(true);
    released.complete(null);
  }

  /** The watchdog and the call's thread may meet here: the task hears of them in their order. */
  private synchronized void tell(boolean returns) {
    if (!returns) {
      hangsAt = file;
      task.hung(hangsAt);
      told = true;
    } else {
      returned = true;
    }
    if (told && returned) {
      task.returned(hangsAt);
    }
  }

  @Override
  public CompletableFuture<T> outcome() {
    return outcome;
  }

  @Override
  public CompletableFuture<Void> released() {
    return released;
  }

  @Override
  public void demand() {
    pool.demand(this);
  }

  @Override
  public boolean cancel() {
    if (!pool.remove(this)) {
      return false;
    }
    answer(task.ifCancelled);
    return true;
  }
}
