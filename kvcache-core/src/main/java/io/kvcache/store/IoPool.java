package io.kvcache.store;

import io.kvcache.spi.ChunkIoException;
import io.kvcache.spi.PieceRunner;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The threads that touch the filesystem, and the only ones: a call that hangs there hangs no
 * request, and an interrupted request closes no channel. Daemon threads, started on demand, gone
 * after half a minute without work; never interrupted. {@link IoQueue} says whose turn it is.
 *
 * <p><b>Calls that hang.</b> A call that runs past the timeout on one file is abandoned by the
 * watchdog: its answer is given, and its thread no longer counts as a worker, so that another may
 * take its place. The thread, the buffer and the descriptor stay with the call until the system
 * call returns, which completes {@link PendingIo#released}; the thread is then a worker again, or
 * goes if there are enough. The threads in all are bounded, and each kind of call may take only
 * some of them, see {@link HungThreads}: what hangs is answered as out of service until a call of
 * its kind comes back, and the rest goes on. So it is with everything when every thread hangs.
 *
 * <p><b>Calls in pieces.</b> A call may have its {@link #pieces} done by other threads of the pool,
 * see {@link SplitCall}. Those come as calls of their own, helpers: each takes a thread and a place
 * among the calls of its kind, and is abandoned if it hangs, but has neither bytes nor an answer.
 *
 * <p><b>Concurrency.</b> One lock guards the queue, the states of calls and the counts of threads;
 * it is held for moving a call from one place to another. Whether a call ended or was abandoned is
 * decided under it, once. Tasks run, threads start and futures complete outside it. The watchdog
 * never waits for a call: it looks at least once per timeout, and a call has until then.
 */
final class IoPool {
  private static final Logger log = LoggerFactory.getLogger(IoPool.class);
  private static final long IDLE_NANOS = TimeUnit.SECONDS.toNanos(30);

  /** After something went wrong, such as a full heap. */
  private static final long WATCHDOG_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  private static final Lane[] LANES = Lane.values();

  /** Background tasks that may wait. */
  static final int MAX_BACKGROUND = 1024;

  private final IoLimits limits;
  private final ThreadFactory threads;
  private final LongSupplier nanoClock;
  private final ThreadLocal<IoCall<?>> current = new ThreadLocal<>();

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition work = lock.newCondition();
  private final Condition watch = lock.newCondition();
  private final Condition ended = lock.newCondition();
  private final HungThreads hung;
  private final IoQueue queue;
  private final PieceRunner pieces = this::split;

  /** Calls under way, the longest first, without those that were abandoned. */
  private final Set<IoCall<?>> running;

  private int workers;
  private int idle;
  private boolean watched;
  private boolean closed;
  private long abandoned;
  private long droppedBackground;
  private long cancelled;

  IoPool(String name, IoLimits limits, LongSupplier nanoClock) {
    this(limits, daemons(name), nanoClock);
  }

  IoPool(IoLimits limits, ThreadFactory threads, LongSupplier nanoClock) {
    this.limits = limits;
    this.threads = threads;
    this.nanoClock = nanoClock;
    this.hung = new HungThreads(limits);
    this.queue = new IoQueue(limits, hung);
    // Never grows in the middle of moving a call.
    this.running = new LinkedHashSet<>(2 * limits.maxThreads());
  }

  private static ThreadFactory daemons(String name) {
    AtomicInteger number = new AtomicInteger();
    return task -> {
      Thread thread = new Thread(task, "kvcache-io-" + name + "-" + number.incrementAndGet());
      thread.setDaemon(true);
      return thread;
    };
  }

  IoLimits limits() {
    return limits;
  }

  int queuedTasks() {
    lock.lock();
    try {
      return queue.size();
    } finally {
      lock.unlock();
    }
  }

  /** Whether a call is under way, one that was abandoned included. */
  boolean busy() {
    lock.lock();
    try {
      return hung.count() > 0 || !running.isEmpty();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Has the task run on a pool thread. It is answered as down once the pool no longer takes work,
   * if it throws, and if there is no thread for it: a container's limit of threads must not fail a
   * request.
   *
   * @param bytes that it reads or writes
   */
  <T> PendingIo<T> submit(Lane lane, long bytes, IoTask<T> task) {
    IoCall<T> call = new IoCall<>(this, task, lane, bytes, false, nanoClock.getAsLong());
    if (!queued(call)) {
      call.answerDown();
    }
    return call;
  }

  /**
   * Has the task run when nobody waits.
   *
   * @return false if it was dropped, since too much waits or the pool is closed
   */
  boolean background(IoTask<?> task) {
    return queued(new IoCall<>(this, task, Lane.WRITE, 0, true, nanoClock.getAsLong()));
  }

  private boolean queued(IoCall<?> call) {
    boolean helper;
    lock.lock();
    try {
      boolean full = call.background && queue.background() >= MAX_BACKGROUND;
      if (full || !takes(call.lane)) {
        droppedBackground += call.background ? 1 : 0;
        return false;
      }
      queue.add(call);
      helper = wakeOne();
    } finally {
      lock.unlock();
    }
    if (helper) {
      startWorker();
    }
    return true;
  }

  private boolean takes(Lane lane) {
    return !closed && !isStalled() && !hung.closes(lane);
  }

  /** Whether no thread will look at the queue until a call that hangs returns. */
  private boolean isStalled() {
    return workers == 0 && hung.count() >= limits.maxThreads();
  }

  /**
   * Finds a thread for the call whose turn it is, if any: an idle one, or one to be started.
   *
   * @return whether to start one, which is counted already; outside the lock
   */
  private boolean wakeOne() {
    if (!hasNext()) {
      return false;
    }
    if (idle > 0) {
      work.signal();
      return false;
    }
    if (workers < limits.workers() && workers + hung.count() < limits.maxThreads()) {
      workers++;
      return true;
    }
    return false;
  }

  /** Whoever is in the middle of moving a call ends that, heap or no heap; the next one looks. */
  private boolean hasNext() {
    try {
      return queue.next(nanoClock.getAsLong()) != null;
    } catch (OutOfMemoryError e) {
      return false;
    }
  }

  private void startWorker() {
    try {
      threads.newThread(this::work).start();
    } catch (RuntimeException | Error e) {
      leave();
      say("no I/O thread", e);
    }
  }

  /**
   * Says what went wrong, unless it goes wrong too: with a full heap, not even that is possible.
   */
  private static void say(String what, Throwable trouble) {
    try {
      log.debug(what, trouble);
    } catch (RuntimeException | Error e) {
      // Nothing depends on it.
    }
  }

  private static void warn(String what, Throwable defect) {
    try {
      log.warn(what, defect);
    } catch (RuntimeException | Error e) {
      say(what, e);
    }
  }

  /** A worker is gone. If it was the last one, nobody would look at the queue again. */
  private void leave() {
    IoCall<?> unserved = null;
    lock.lock();
    try {
      workers--;
      ended.signalAll();
      if (workers == 0) {
        unserved = queue.removeAll();
      }
    } finally {
      lock.unlock();
    }
    giveUp(unserved);
  }

  private void giveUp(IoCall<?> chain) {
    lock.lock();
    try {
      for (IoCall<?> call = chain; call != null; call = call.next) {
        call.state = IoCall.State.ENDED;
        droppedBackground += call.background ? 1 : 0;
      }
    } finally {
      lock.unlock();
    }
    for (IoCall<?> call = chain; call != null; call = unchained(call)) {
      call.answerDown();
    }
  }

  /** The next one of a chain; whoever keeps a call keeps no others by it. */
  private static IoCall<?> unchained(IoCall<?> call) {
    IoCall<?> next = call.next;
    call.next = null;
    return next;
  }

  private void work() {
    try {
      for (IoCall<?> call = take(); call != null; call = take()) {
        perform(call);
      }
    } catch (RuntimeException | Error e) {
      // Between two calls, or while it waits for one.
      leave();
      say("an I/O thread goes", e);
    }
  }

  /** Waits for a turn; null if this thread is to go, and is no longer counted. */
  private IoCall<?> take() {
    IoCall<?> call = null;
    boolean helper = false;
    boolean watchdog = false;
    lock.lock();
    try {
      while (call == null) {
        call = workers > limits.workers() ? null : queue.next(nanoClock.getAsLong());
        if (call == null && (workers > limits.workers() || !awaitWork())) {
          workers--;
          ended.signalAll();
          return null;
        }
      }
      // First what needs heap: if there is none, the call stays queued.
      running.add(call);
      queue.begun(call);
      call.state = IoCall.State.RUNNING;
      call.startedAt = nanoClock.getAsLong();
      helper = wakeOne();
      letGoIfClosed();
      watchdog = !watched;
      watched = true;
    } finally {
      lock.unlock();
    }
    if (helper) {
      startWorker();
    }
    if (watchdog) {
      startWatchdog();
    }
    return call;
  }

  /** Once the last call of a closed pool is taken, those who wait for another one may go. */
  private void letGoIfClosed() {
    if (closed && queue.isEmpty()) {
      work.signalAll();
      ended.signalAll();
    }
  }

  /** Whether to look again; false if this thread is not needed any more. */
  private boolean awaitWork() {
    if (closed && queue.isEmpty()) {
      return false;
    }
    idle++;
    try {
      long left = work.awaitNanos(IDLE_NANOS);
      return left > 0 || !queue.isEmpty();
    } catch (InterruptedException e) {
      // Nobody has a reason to; and a thread that is interrupted closes channels.
      return true;
    } finally {
      idle--;
    }
  }

  private <T> void perform(IoCall<T> call) {
    T value = call.task.ifDown;
    Throwable defect = null;
    try {
      current.set(call);
      value = call.task.run();
    } catch (RuntimeException | Error e) {
      defect = e;
    } finally {
      current.remove();
    }
    if (defect != null) {
      warn("an I/O task failed in an unforeseen way", defect);
    }
    if (end(call)) {
      call.answer(value);
    } else {
      call.release();
    }
  }

  /** Takes a call off the running ones; false if it was abandoned before. */
  private boolean end(IoCall<?> call) {
    boolean inTime;
    boolean helper;
    lock.lock();
    try {
      inTime = call.state == IoCall.State.RUNNING;
      call.state = IoCall.State.ENDED;
      if (inTime) {
        running.remove(call);
        queue.ended(call);
      } else {
        hung.returned(call.lane);
        workers++;
      }
      // This thread takes the next call itself; what ended may have made room for another one too.
      helper = idle > 0 && wakeOne();
      if (closed && running.isEmpty()) {
        watch.signalAll();
      }
    } finally {
      lock.unlock();
    }
    if (helper) {
      startWorker();
    }
    return inTime;
  }

  /**
   * Says which file the calling thread is busy with from now on, if it is one of the pool's: its
   * time begins anew, since many files that each take a while are not one that hangs.
   */
  void on(ImagePath file) {
    IoCall<?> call = current.get();
    if (call == null) {
      return;
    }
    call.file = file;
    lock.lock();
    try {
      // To the end: the longest is the first.
      if (running.remove(call)) {
        call.startedAt = nanoClock.getAsLong();
        running.add(call);
      }
    } finally {
      lock.unlock();
    }
  }

  /** Whether somebody still waits for what the calling thread does: false once it was abandoned. */
  boolean inTime() {
    IoCall<?> call = current.get();
    return call == null || call.inTime();
  }

  /**
   * For the calls that this pool's threads make: has their pieces done by the calling thread, and
   * by others of the pool that have time. Any other thread does them alone.
   */
  PieceRunner pieces() {
    return pieces;
  }

  private void split(int count, PieceRunner.Piece piece) throws ChunkIoException {
    IoCall<?> call = current.get();
    int most = Math.min(count, limits.workers()) - 1;
    if (call == null || most < 1 || call.isHelper() || !call.helpers.isEmpty()) {
      PieceRunner.ALONE.run(count, piece);
      return;
    }
    new SplitCall(this, count, piece).run(call, most);
  }

  /** Queues calls that help, as many as there may be; fewer, or none, do no harm. */
  void askForHelp(IoCall<?> call, SplitCall split, int most) {
    int start = 0;
    lock.lock();
    try {
      if (!takes(call.lane) || call.state != IoCall.State.RUNNING) {
        return;
      }
      call.helpers = new ArrayList<>(most);
      for (int i = 0; i < most; i++) {
        IoCall<Void> helper = call.helper(split, nanoClock.getAsLong());
        call.helpers.add(helper);
        queue.add(helper);
        start += wakeOne() ? 1 : 0;
      }
    } catch (OutOfMemoryError e) {
      // As many as there are.
      say("no more helpers", e);
    } finally {
      lock.unlock();
    }
    for (int i = 0; i < start; i++) {
      startWorker();
    }
  }

  /**
   * Whether the calling thread, a helper between two pieces, is to leave for a call of an earlier
   * lane. It is queued again then, and helps on in its turn.
   */
  boolean givesWay(SplitCall split) {
    IoCall<?> helper = current.get();
    IoCall<?> call = helper.helped;
    lock.lock();
    try {
      long now = nanoClock.getAsLong();
      IoCall<?> next = queue.next(now);
      boolean leaves =
          next != null
              && next.lane.compareTo(call.lane) < 0
              && !call.helpers.isEmpty()
              && takes(call.lane);
      if (leaves) {
        IoCall<Void> again = call.helper(split, now);
        call.helpers.add(again);
        queue.add(again);
      }
      return leaves;
    } finally {
      lock.unlock();
    }
  }

  /** No piece is left to begin: who has not come yet need not. */
  void thankHelpers(IoCall<?> call) {
    lock.lock();
    try {
      for (int i = 0; i < call.helpers.size(); i++) {
        IoCall<Void> helper = call.helpers.get(i);
        if (queue.remove(helper)) {
          helper.state = IoCall.State.ENDED;
        }
      }
      call.helpers = List.of();
      letGoIfClosed();
    } finally {
      lock.unlock();
    }
  }

  /** Time that other threads have spent on the calling thread's call so far. */
  long helpedNanos() {
    IoCall<?> call = current.get();
    return call == null ? 0 : call.helpedNanos;
  }

  private void startWatchdog() {
    try {
      Thread thread = threads.newThread(this::watch);
      thread.setName(thread.getName() + "-watchdog");
      thread.start();
    } catch (RuntimeException | Error e) {
      // The next call that begins asks again.
      lock.lock();
      try {
        watched = false;
      } finally {
        lock.unlock();
      }
      say("no I/O watchdog", e);
    }
  }

  private void watch() {
    boolean goesOn = true;
    while (goesOn) {
      try {
        goesOn = awaitDue();
        if (goesOn) {
          abandonOverdue();
        }
      } catch (RuntimeException | Error e) {
        // Without it nobody would notice the next call that hangs.
        warn("the I/O watchdog goes on", e);
        LockSupport.parkNanos(WATCHDOG_PAUSE_NANOS);
      }
    }
  }

  /**
   * Sleeps until the longest call is overdue. While none is under way it looks once per timeout
   * whether one is: none can be overdue before.
   *
   * @return false if nothing is left to watch
   */
  private boolean awaitDue() {
    lock.lock();
    try {
      long wait = Math.min(limits.timeoutNanos(), IDLE_NANOS);
      if (!running.isEmpty()) {
        wait = running.iterator().next().startedAt + limits.timeoutNanos() - nanoClock.getAsLong();
      } else if (closed) {
        watched = false;
        return false;
      }
      if (wait > 0) {
        watch.awaitNanos(wait);
      }
      watched = workers > 0 || !running.isEmpty();
      return watched;
    } catch (InterruptedException e) {
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** Answers for the calls that run for too long, and lets other threads take their place. */
  void abandonOverdue() {
    IoCall<?> overdue = null;
    IoCall<?> unserved = null;
    int lost = 0;
    lock.lock();
    try {
      long now = nanoClock.getAsLong();
      Iterator<IoCall<?>> longest = running.iterator();
      while (longest.hasNext()) {
        IoCall<?> call = longest.next();
        if (now - call.startedAt < limits.timeoutNanos()) {
          break;
        }
        longest.remove();
        queue.ended(call);
        call.state = IoCall.State.ABANDONED;
        call.next = overdue;
        overdue = call;
        lost++;
        abandoned += call.isHelper() ? 0 : 1;
        hung.lost(call.lane);
        workers--;
      }
      for (Lane lane : LANES) {
        if (hung.closes(lane)) {
          unserved = queue.removeAll(lane, unserved);
        }
      }
      ended.signalAll();
    } finally {
      lock.unlock();
    }
    for (IoCall<?> call = overdue; call != null; call = unchained(call)) {
      call.answerHung();
    }
    giveUp(unserved);
    replace(lost);
  }

  private void replace(int threadsLost) {
    for (int i = 0; i < threadsLost; i++) {
      IoCall<?> unserved = null;
      boolean helper;
      lock.lock();
      try {
        helper = wakeOne();
        if (isStalled()) {
          unserved = queue.removeAll();
        }
        letGoIfClosed();
      } finally {
        lock.unlock();
      }
      if (helper) {
        startWorker();
      }
      giveUp(unserved);
    }
  }

  /** Somebody waits for a call that may still be queued, or have helpers that are. */
  void demand(IoCall<?> call) {
    lock.lock();
    try {
      if (call.state == IoCall.State.QUEUED) {
        queue.demand(call);
      } else if (call.state == IoCall.State.RUNNING && call.lane == Lane.PREFETCH) {
        call.lane = Lane.DEMAND;
        call.helpers.forEach(queue::demand);
      }
    } finally {
      lock.unlock();
    }
  }

  /** Takes a call out of the queue; false if it is not there any more. */
  boolean remove(IoCall<?> call) {
    lock.lock();
    try {
      if (call.state != IoCall.State.QUEUED || !queue.remove(call)) {
        return false;
      }
      call.state = IoCall.State.ENDED;
      cancelled++;
      letGoIfClosed();
      return true;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Takes no more work and waits a while for what is queued or under way, not for calls that hang.
   * What is still queued then is answered as closed without touching the filesystem, so that nobody
   * waits for it; calls under way go on, and are abandoned in their time.
   *
   * @return tasks that were given up
   */
  int close(long timeoutNanos) {
    IoCall<?> queued;
    int tasks;
    lock.lock();
    try {
      closed = true;
      work.signalAll();
      watch.signalAll();
      long left = timeoutNanos;
      // With calls queued and no worker, those that were lost are about to be replaced.
      while ((workers > 0 || !queue.isEmpty()) && left > 0) {
        left = ended.awaitNanos(left);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      tasks = queue.size();
      queued = queue.removeAll();
      work.signalAll();
      lock.unlock();
    }
    giveUp(queued);
    return tasks;
  }

  /** Gauges and counters of this moment; the other parts of the store add theirs. */
  IoStats stats(
      long droppedWrites,
      WriteBacklog backlog,
      CircuitBreaker lookups,
      CircuitBreaker reads,
      CircuitBreaker writes) {
    lock.lock();
    try {
      return new IoStats(
          queue.size(Lane.LOOKUP) + queue.size(Lane.DEMAND),
          queue.size(Lane.PREFETCH),
          queue.size(Lane.WRITE),
          backlog.bytes(),
          queue.readBytes(),
          running.size(),
          hung.count(),
          abandoned,
          droppedWrites,
          droppedBackground,
          cancelled,
          lookups.state().name(),
          reads.state().name(),
          writes.state().name(),
          lookups.trips() + reads.trips() + writes.trips(),
          backlog.averageNanos());
    } finally {
      lock.unlock();
    }
  }
}
