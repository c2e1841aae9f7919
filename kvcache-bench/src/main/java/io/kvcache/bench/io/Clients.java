package io.kvcache.bench.io;

import io.kvcache.spi.HostMemory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Threads that ask a store for images, each with a slot of its own: page-aligned, touched once, and
 * used again and again. There is one more of them than I/O threads, so that a request always waits
 * and an I/O thread that is done has the next.
 *
 * <p>{@link #run} is for one thread at a time.
 */
final class Clients implements AutoCloseable {
  private static final long WATCH_MILLIS = 50;

  private final List<HostMemory.Region> regions = new ArrayList<>();
  private final List<ByteBuffer> slots = new ArrayList<>();
  private final ExecutorService threads;

  /**
   * @param memory where the slots are
   * @throws OutOfMemoryError if it has no room for them
   */
  Clients(int ioThreads, int slotBytes, HostMemory memory, Payload payload) {
    try {
      for (int i = 0; i <= ioThreads; i++) {
        HostMemory.Region region = memory.allocate(slotBytes, IoShape.PAGE_BYTES);
        regions.add(region);
        ByteBuffer slot = region.bytes().order(ByteOrder.LITTLE_ENDIAN);
        payload.fill(slot);
        slots.add(slot);
      }
    } catch (RuntimeException | Error e) {
      regions.forEach(HostMemory.Region::close);
      throw e;
    }
    threads = Executors.newFixedThreadPool(slots.size());
    for (int i = 0; i < slots.size(); i++) {
      threads.execute(() -> {});
    }
  }

  /** The slots; nobody may be using them. */
  List<ByteBuffer> slots() {
    return slots;
  }

  /** Asks for one image, with that slot, and waits for it. */
  @FunctionalInterface
  interface Request {
    /** Throws if it did not work. */
    void serve(int image, ByteBuffer slot);
  }

  /**
   * Serves a request for every image, and returns when all have ended.
   *
   * @throws CancellationException if the watch said so
   */
  void run(int images, Request request, RunWatch watch) throws InterruptedException {
    AtomicInteger next = new AtomicInteger();
    AtomicInteger served = new AtomicInteger();
    AtomicBoolean stop = new AtomicBoolean();
    List<Future<?>> ends = new ArrayList<>();
    for (ByteBuffer slot : slots) {
      ends.add(
          threads.submit(
              () -> {
                int image;
                while (!stop.get() && (image = next.getAndIncrement()) < images) {
                  try {
                    request.serve(image, slot);
                  } catch (RuntimeException | Error e) {
                    stop.set(true);
                    throw e;
                  }
                  served.incrementAndGet();
                }
              }));
    }
    boolean goOn = true;
    for (Future<?> end : ends) {
      while (!ended(end)) {
        goOn = goOn && watch.goOn(served.get());
        if (!goOn) {
          stop.set(true);
        }
      }
    }
    if (!goOn && served.get() < images) {
      throw new CancellationException("ended after " + served + " of " + images + " images");
    }
  }

  private static boolean ended(Future<?> end) throws InterruptedException {
    try {
      end.get(WATCH_MILLIS, TimeUnit.MILLISECONDS);
      return true;
    } catch (TimeoutException e) {
      return false;
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException failure) {
        throw failure;
      }
      throw new IllegalStateException("a request broke", e.getCause());
    }
  }

  /** Ends the threads and frees the slots, which no store may be using any more. */
  @Override
  public void close() {
    threads.shutdown();
    regions.forEach(HostMemory.Region::close);
  }
}
