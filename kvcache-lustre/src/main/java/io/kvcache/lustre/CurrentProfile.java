package io.kvcache.lustre;

import io.kvcache.spi.IoMode;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How images are read and written now: what a probe found, as long as calls agree with it.
 *
 * <ul>
 *   <li>A direct call that fails with EINVAL casts doubt on it. Only if a fresh probe is not direct
 *       either, everything goes through the page cache from then on; else that was one odd file.
 *   <li>An image that is not aligned as direct I/O needs it goes through the page cache, and the
 *       mode then says so, and what to do.
 *   <li>Where a probe could not decide, it is repeated after writes that succeed.
 * </ul>
 *
 * <p>Thread-safe: the profile is replaced as a whole; a call uses the one that it began with.
 */
final class CurrentProfile {
  private static final Logger log = LoggerFactory.getLogger(CurrentProfile.class);
  private static final long PROBE_INTERVAL_NANOS = TimeUnit.SECONDS.toNanos(10);

  private final Supplier<FsProfile> probe;
  private final Path root;
  private final LongSupplier nanoClock;
  private final AtomicBoolean probing = new AtomicBoolean();
  private final AtomicLong unaligned = new AtomicLong();
  private final AtomicLong refused = new AtomicLong();
  private volatile long probedAt;
  private volatile FsProfile profile;

  /**
   * Probes.
   *
   * @param root for the log
   */
  CurrentProfile(Supplier<FsProfile> probe, Path root, LongSupplier nanoClock) {
    this.probe = probe;
    this.root = root;
    this.nanoClock = nanoClock;
    this.profile = probe.get();
    this.probedAt = nanoClock.getAsLong();
  }

  FsProfile get() {
    return profile;
  }

  /** What the probe found, unless what became of images since says otherwise. */
  IoMode mode() {
    FsProfile now = profile;
    IoMode found = now.mode();
    if (!found.direct()) {
      return found;
    }
    if (unaligned.get() > 0) {
      return new IoMode(false, unalignedImages(now));
    }
    return refused.get() == 0
        ? found
        : new IoMode(
            true,
            String.format(
                "%s; but direct calls on files failed with EINVAL %d times, and went through the"
                    + " page cache",
                found.reason(), refused.get()));
  }

  private String unalignedImages(FsProfile now) {
    return String.format(
        "direct I/O on %s works here with an alignment of %d, but %d calls on images were not"
            + " aligned to that and went through the page cache: use layouts with alignment(%2$d),"
            + " or NativeIoOptions whose alignment and imageAlignment are those of the layouts",
        now.filesystem(), now.alignment(), unaligned.get());
  }

  /** Whether direct I/O is proven, and can be done with that buffer. */
  static boolean isDirect(FsProfile now, ByteBuffer buffer) {
    int alignment = now.alignment();
    return now.mode().direct()
        && buffer.limit() % alignment == 0
        && buffer.alignmentOffset(0, alignment) == 0;
  }

  /** An image goes through the page cache: says so if only its alignment is to blame. */
  void buffered(FsProfile now) {
    if (now.mode().direct() && unaligned.incrementAndGet() == 1) {
      log.warn("{}: {}", root, unalignedImages(now));
    }
  }

  /**
   * A direct call failed with EINVAL, and the same through the page cache did not.
   *
   * @param failure what it said, with the file
   */
  void refused(String failure) {
    boolean first = refused.incrementAndGet() == 1;
    if (!profile.mode().direct() || !(first || mayProbe()) || !begin()) {
      return;
    }
    try {
      FsProfile fresh = probe.get();
      if (fresh.settled() && !fresh.mode().direct()) {
        profile =
            fresh.buffered(
                "a direct call failed with EINVAL after a probe had passed, and now "
                    + fresh.mode().reason());
        log.warn(
            "{}: all I/O goes through the page cache from now on, since {}; {}",
            root,
            profile.mode().reason(),
            failure);
        return;
      }
      if (fresh.settled()) {
        replace(fresh);
      }
      if (first) {
        log.warn(
            "{}: this file went through the page cache, others do not, since a fresh probe says: {}",
            failure,
            fresh.mode());
      }
    } finally {
      end();
    }
  }

  /** An image was written, by a call that began with that profile. */
  void written(FsProfile now) {
    if (now.settled() || !mayProbe() || !begin()) {
      return;
    }
    try {
      replace(probe.get());
      log.info("{}: {}", root, profile.mode());
    } finally {
      end();
    }
  }

  private void replace(FsProfile fresh) {
    boolean sameAlignment = fresh.alignment() == profile.alignment();
    profile = fresh;
    if (!sameAlignment) {
      unaligned.set(0);
    }
  }

  private boolean mayProbe() {
    return nanoClock.getAsLong() - probedAt >= PROBE_INTERVAL_NANOS;
  }

  private boolean begin() {
    return probing.compareAndSet(false, true);
  }

  private void end() {
    probedAt = nanoClock.getAsLong();
    probing.set(false);
  }
}
