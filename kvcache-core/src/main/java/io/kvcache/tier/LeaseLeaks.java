package io.kvcache.tier;

import io.netty.util.ResourceLeakDetector;
import io.netty.util.ResourceLeakTracker;
import java.util.concurrent.atomic.LongAdder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds leases and begun stores that were dropped without a close, and says where they came from.
 * Asked for, since it walks the stack at each one. Found once the garbage collector has, at the
 * next one handed out or when {@link #found} is asked.
 *
 * <p>What was leaked stays pinned: rows of it may still be in use, and a wrong byte is worse than
 * less memory. Thread-safe.
 */
final class LeaseLeaks {
  private static final Logger log = LoggerFactory.getLogger(LeaseLeaks.class);

  private final LongAdder found = new LongAdder();
  private final ResourceLeakDetector<Object> detector = new Detector();

  /** Netty's detector, with our words and every lease instead of a sample. */
  private final class Detector extends ResourceLeakDetector<Object> {
    Detector() {
      super(LeaseLeaks.class, 1);
    }

    @Override
    protected boolean needReport() {
      return true;
    }

    @Override
    protected void reportTracedLeak(String resourceType, String records) {
      found.increment();
      log.error(
          "a lease or begun store was dropped without close(); it was taken here:{}", records);
    }

    @Override
    protected void reportUntracedLeak(String resourceType) {
      found.increment();
      log.error("a lease or begun store was dropped without close()");
    }
  }

  /** Watches one that was handed out; close the result with it. */
  ResourceLeakTracker<Object> watch(Object lease) {
    return detector.trackForcibly(lease);
  }

  /** How many were dropped, as far as the garbage collector knows. */
  long found() {
    Object probe = new Object();
    watch(probe).close(probe);
    return found.sum();
  }
}
