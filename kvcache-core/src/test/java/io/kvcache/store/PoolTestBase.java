package io.kvcache.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.kvcache.fixture.FaultyChunkIo.Gate;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;

/** A pool whose calls stop at gates and whose clock is ours; in the end nothing may be left. */
@Timeout(60)
abstract class PoolTestBase {
  static final long SECOND = 1_000_000_000L;

  final AtomicLong now = new AtomicLong(Long.MAX_VALUE - SECOND); // wraps around
  final List<Thread> threads = Collections.synchronizedList(new ArrayList<>());
  final List<String> order = Collections.synchronizedList(new ArrayList<>());
  final List<Gate> gates = Collections.synchronizedList(new ArrayList<>());
  final AtomicInteger hung = new AtomicInteger();
  final AtomicInteger returned = new AtomicInteger();
  IoPool pool;

  IoPool pool(int workers) {
    return pool(workers, 100, this::daemon);
  }

  IoPool pool(int workers, long maxReadBytes, ThreadFactory factory) {
    pool =
        new IoPool(
            new IoLimits(workers, 0.25, maxReadBytes, 10 * SECOND, SECOND), factory, now::get);
    return pool;
  }

  Thread daemon(Runnable task) {
    Thread thread = new Thread(task, "kvcache-io-test");
    thread.setDaemon(true);
    threads.add(thread);
    return thread;
  }

  IoTask<String> task(Supplier<String> what) {
    return new IoTask<>("down", "hung", "cancelled") {
      @Override
      String run() {
        return what.get();
      }

      @Override
      void hung(ImagePath file) {
        hung.incrementAndGet();
      }

      @Override
      void returned(ImagePath file) {
        returned.incrementAndGet();
      }
    };
  }

  PendingIo<String> submit(Lane lane, String name) {
    return submit(lane, name, 0);
  }

  PendingIo<String> submit(Lane lane, String name, long bytes) {
    return pool.submit(
        lane,
        bytes,
        task(
            () -> {
              order.add(name);
              return name;
            }));
  }

  /** A call that a thread is in when this returns, and stays in until the gate is released. */
  record Held(Gate gate, PendingIo<String> io) {
    String end() {
      gate.release();
      return io.outcome().join();
    }
  }

  Held hold(Lane lane, long bytes) throws InterruptedException {
    Gate gate = new Gate();
    PendingIo<String> io = start(gate, lane, bytes);
    gate.awaitEntered();
    return new Held(gate, io);
  }

  PendingIo<String> start(Gate gate, Lane lane, long bytes) {
    gates.add(gate);
    return pool.submit(
        lane,
        bytes,
        task(
            () -> {
              gate.pass();
              return "held";
            }));
  }

  IoStats stats() {
    CircuitBreaker none = new CircuitBreaker("none", SECOND, now::get);
    return pool.stats(0, new WriteBacklog(1, 1, 1), none, none, none);
  }

  /** A call that hangs, and was abandoned. */
  Held hang(Lane lane) throws InterruptedException {
    Held stuck = hold(lane, 1);
    abandonAll();
    assertEquals("hung", stuck.io.outcome().join());
    return stuck;
  }

  /** Lets the I/O timeout pass for all that is under way. */
  void abandonAll() {
    now.addAndGet(10 * SECOND);
    pool.abandonOverdue();
  }

  @AfterEach
  void noThreadIsLeft() throws InterruptedException {
    gates.forEach(Gate::release);
    assertEquals(0, pool.close(30 * SECOND));
    for (Thread thread : List.copyOf(threads)) {
      thread.join(TimeUnit.SECONDS.toMillis(30));
      assertFalse(thread.isAlive(), thread + " is left");
    }
    IoStats end = stats();
    assertEquals(0, end.running() + end.hung(), end.toString());
    assertEquals(0, end.readBytesInFlight());
    assertEquals(returned.get(), hung.get());
  }
}
