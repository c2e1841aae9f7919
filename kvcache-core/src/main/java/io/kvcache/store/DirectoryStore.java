package io.kvcache.store;

import io.kvcache.KvScope;
import io.kvcache.PurgeReport;
import io.kvcache.StoreOutcome;
import io.kvcache.spi.ChunkIo;
import io.kvcache.spi.ChunkIoException;
import io.kvcache.spi.IoMode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.HashSet;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A directory of chunk images, on a local disk or a filesystem that many nodes mount. Open it once
 * and give it to every cache; close it yourself, after the caches.
 *
 * <p>There is no index and no lock: a file's name is its key, a file is published whole by a rename
 * and never changed, and whatever cannot be read is a miss. So opening takes the same time whatever
 * the directory holds, any number of processes may share it, and any of them may die at any moment.
 *
 * <p>Thread-safe. All I/O runs on this store's threads.
 */
public final class DirectoryStore implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(DirectoryStore.class);

  /** A write that waited longer goes before reads. */
  private static final long STARVED_NANOS = 1_000_000_000L;

  final Path root;
  final ChunkIo io;
  final IoPool pool;
  final PositiveCache seen;

  /** Images whose stamp is fresh, whichever cache renewed it and however often they were read. */
  final PositiveCache stamped;

  final SpaceGuard space;
  final Quarantine quarantine;
  final CircuitBreaker lookups;
  final CircuitBreaker reads;
  final CircuitBreaker writes;
  final WriteBacklog backlog;
  final MountCheck mount;
  final StoreCounters counters = new StoreCounters();
  final String ownerToken;

  /** Files that one of our threads writes now. */
  final Set<Path> writing = ConcurrentHashMap.newKeySet();

  final long stampIntervalMillis;

  final OwnerFile owner;

  final KnownOwners owners = new KnownOwners(this);

  /** Keeps the budget, if there is one. */
  final Optional<Capacity> capacity;

  private final int scanRate;

  /** Shared by all that remove files, so that together they keep to one rate. */
  private final Pace unlinks;

  private final SettlingSpace settling;

  private final long closeTimeoutNanos;

  /** Let go when the store closes: ends scans. */
  private final CountDownLatch closing = new CountDownLatch(1);

  private final AtomicBoolean closed = new AtomicBoolean();

  private DirectoryStore(Builder settings) {
    String trouble = makeRoot(settings.root);
    this.root = withoutLinks(settings.root);
    this.ownerToken = OwnerToken.create();
    this.stampIntervalMillis = settings.stampInterval.toMillis();
    this.closeTimeoutNanos = settings.closeTimeout.toNanos();
    this.io = settings.io.apply(root);
    this.owner = OwnerFile.publish(io, root, ownerToken);
    IoLimits limits =
        new IoLimits(
            settings.workers,
            settings.readShare,
            settings.maxReadBytesInFlight,
            settings.ioTimeout.toNanos(),
            STARVED_NANOS);
    this.pool = new IoPool(ownerToken, limits, settings.nanoClock);
    this.backlog =
        new WriteBacklog(
            settings.maxQueuedBytes, settings.maxQueuedTime.toNanos(), limits.writers());
    long window = settings.breakerWindow.toNanos();
    this.quarantine = new Quarantine(window, settings.nanoClock);
    this.lookups = new CircuitBreaker("lookups in " + root, window, settings.nanoClock);
    this.reads = new CircuitBreaker("reads from " + root, window, settings.nanoClock);
    this.writes = new CircuitBreaker("writes to " + root, window, settings.nanoClock);
    this.seen = new PositiveCache(settings.presenceTtl.toNanos());
    this.stamped = new PositiveCache(settings.stampInterval.toNanos());
    this.mount = new MountCheck(root);
    this.space = new SpaceGuard(io, root, settings.freeSpaceFloor, System::nanoTime);
    this.scanRate = settings.scanRate;
    this.unlinks = new Pace(settings.unlinkRate, closing, System::nanoTime, new LongAdder());
    this.settling = new SettlingSpace(settings.settleTime.toNanos(), settings.nanoClock);
    this.capacity =
        settings.budgetIfAny().map(budget -> new Capacity(this, budget, scanRate, closing));
    log.info("{}: {}{}", root, io.mode(), trouble);
    capacity.ifPresent(Capacity::start);
  }

  /**
   * Opens a directory with the settings that suit most, through the JDK's own I/O.
   *
   * @param root made if it does not exist. A directory that cannot be made or written to is no
   *     error: it misses and declines until it can
   * @throws IllegalArgumentException if something else than a directory has that name
   */
  public static DirectoryStore open(Path root) {
    return builder(root).open();
  }

  /**
   * Opens a directory that is to hold no more than so many bytes, whoever writes them: other
   * processes and nodes included, as far as they have the same budget.
   *
   * @param budgetBytes for the files of all namespaces; eviction begins at 85 % of it and ends at
   *     70 %
   */
  public static DirectoryStore open(Path root, long budgetBytes) {
    return builder(root).budget(budgetBytes).open();
  }

  /** Settings for opening a directory. */
  public static Builder builder(Path root) {
    return new Builder(root);
  }

  private static String makeRoot(Path root) {
    if (Files.exists(root) && !Files.isDirectory(root)) {
      throw new IllegalArgumentException(
          root + " is no directory: name one, or a path to make one at");
    }
    try {
      Files.createDirectories(
          root, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
      return "";
    } catch (IOException e) {
      return "; the directory cannot be made: " + e;
    }
  }

  /** No scan follows a link, so the root is the one directory that must be named without. */
  private static Path withoutLinks(Path root) {
    try {
      return root.toRealPath();
    } catch (IOException e) {
      return root; // it is not there yet
    }
  }

  /**
   * The images of one model, layout and rank in this directory. Touches no file.
   *
   * @throws IllegalArgumentException if the budget is below one of its images
   */
  public ChunkDirectory directory(Namespace namespace) {
    capacity.ifPresent(c -> c.budget().requireRoomFor(namespace));
    return new ChunkDirectory(this, namespace);
  }

  /** How bytes really reach the disk. */
  public IoMode mode() {
    return io.mode();
  }

  /** The directory, symbolic links on the way to it followed. */
  public Path root() {
    return root;
  }

  /** Counters since this store was opened. */
  public StoreStats stats() {
    return counters.snapshot(
        io.mode(),
        pool.limits().workers(),
        capacity.map(Capacity::stats),
        pool.stats(counters.declines(StoreOutcome.QUEUE_FULL), backlog, lookups, reads, writes));
  }

  /** Whether a file of that size may be written now: disk and budget have room. On I/O threads. */
  boolean admits(long bytes) {
    return space.admits(bytes) && (capacity.isEmpty() || capacity.get().admits(bytes));
  }

  /** What was admitted was written. */
  void written(long bytes) {
    capacity.ifPresent(c -> c.written(bytes));
  }

  /** What was admitted was not written after all. */
  void refund(long bytes) {
    capacity.ifPresent(c -> c.refund(bytes));
  }

  /** Waits until one more file may be removed; false once the store closes. On no I/O thread. */
  boolean awaitUnlink() {
    return unlinks.next();
  }

  /** An image was removed. */
  void forget(ImagePath image) {
    seen.remove(image);
    stamped.remove(image);
  }

  /**
   * One pass over the directory, now, for whatever budget: if it holds more than the high
   * watermark, the coldest images go until the low one is reached. Also removes what dead owners
   * left. Takes as long as a scan takes, at this store's scan rate, and removing, at its unlink
   * rate; ends early if the store closes.
   *
   * @param budgetBytes what the directory may hold
   * @param high fraction of it above which images are removed
   * @param low fraction of it that is left
   * @param dryRun removes nothing, and reports what it would
   * @throws IllegalArgumentException for a budget below 1, or unless 0 &lt; low &lt; high &lt;= 1
   * @throws IllegalStateException if the store is closed
   */
  public EvictionReport evict(long budgetBytes, double high, double low, boolean dryRun) {
    Budget budget = new Budget(budgetBytes, high, low);
    return evict(pace -> budget, dryRun);
  }

  /**
   * One pass over the directory, now, for room on the filesystem that holds it: if more of that is
   * used than the high watermark, by whomever and for whatever, our coldest images go until the low
   * one is reached, or none is left. Data of others stays. Nothing goes where the filesystem does
   * not say how large it is, see {@link #filesystem}. Else as {@link #evict}.
   *
   * <p>Many filesystems count removed files as used for some time on. So what this store removed
   * within its {@linkplain Builder#settleTime settle time} does not count, and before anything goes
   * the filesystem is asked once more, a quarter of that time later, for the sake of what evictors
   * elsewhere removed. Any number of those then remove no more together than one would, given that
   * they have the same watermarks and that space is back within that quarter; if it takes longer,
   * each may remove as much as one would. A budget asks no filesystem, and has no such limit.
   *
   * @param high fraction of the filesystem, or of the quota that it answers with, above which
   *     images are removed
   * @param low fraction of it that is left in use
   * @param dryRun removes nothing, and reports what it would
   * @throws IllegalArgumentException unless 0 &lt; low &lt; high &lt;= 1
   * @throws IllegalStateException if the store is closed
   */
  public EvictionReport evictForFilesystem(double high, double low, boolean dryRun) {
    Budget.checkWatermarks(high, low);
    return evict(
        pace -> new FilesystemWatermarks(this::askForSpace, settling, pace::pause, high, low),
        dryRun);
  }

  private EvictionReport evict(Function<Pace, EvictionTarget> target, boolean dryRun) {
    EvictionReport report =
        errand(
            "evict",
            pace ->
                new EvictionPass(this, target.apply(pace), dryRun, pace, new SplittableRandom())
                    .run());
    if (!dryRun) {
      capacity.ifPresent(Capacity::wish);
    }
    return report;
  }

  /**
   * The filesystem that holds the directory, or the quota that it answers with; empty if it cannot
   * be asked, or does not say.
   *
   * @throws IllegalStateException if the store is closed
   */
  public Optional<FilesystemSpace> filesystem() {
    return errand("statfs", pace -> askForSpace());
  }

  private Optional<FilesystemSpace> askForSpace() {
    try {
      long total = io.totalBytes(root);
      return total > 0
          ? Optional.of(new FilesystemSpace(total, io.usableBytes(root)))
          : Optional.empty();
    } catch (ChunkIoException e) {
      log.debug("{}: the filesystem does not say how full it is", root, e);
      return Optional.empty();
    }
  }

  /**
   * What the directory holds, namespace by namespace, by a scan that opens no file. Takes as long
   * as a scan takes, at this store's scan rate; ends early if the store closes.
   *
   * @throws IllegalStateException if the store is closed
   */
  public DirectorySurvey survey() {
    return errand("survey", pace -> new Survey(this, pace).run());
  }

  /**
   * Reads every image, of all models and ranks, and verifies it to the last byte: by its own header
   * and checksums, by the names of its file and directory, and by the fingerprint that the
   * namespace's config.json hashes to, where that file is there. Takes as long as reading
   * everything takes; ends early if the store closes.
   *
   * @param remove whether images that are proven wrong are removed, as a reader would; a
   *     config.json stays in any case
   * @throws IllegalStateException if the store is closed
   */
  public VerifyReport verify(boolean remove, VerifyObserver observer) {
    Objects.requireNonNull(observer, "observer");
    return errand("verify", pace -> new Verification(this, remove, observer, pace).run());
  }

  /**
   * Directory entries that scans of this store have come across so far: it tells their progress.
   */
  public long scannedEntries() {
    return counters.scannedEntries.sum();
  }

  /**
   * Removes every image of a tenant from the directory, of all models and ranks, by a scan that
   * reads every header. Takes as long as that takes; ends early if the store closes. What other
   * processes hold in memory is not touched, and may be written again: purge their caches too.
   *
   * @throws IllegalArgumentException for a scope without a salt, which names no tenant
   * @throws IllegalStateException if the store is closed
   */
  public PurgeReport purge(KvScope scope) {
    byte[] digest = scope.tenantDigest();
    return errand("purge", pace -> new Purge(this, digest, pace).run());
  }

  private <T> T errand(String name, Function<Pace, T> errand) {
    if (closed.get()) {
      throw new IllegalStateException(this + " is closed: open it again");
    }
    return Errand.run(
        "kvcache-" + name + "-" + ownerToken,
        () -> errand.apply(new Pace(scanRate, closing, System::nanoTime, counters.scannedEntries)));
  }

  /** Whether {@link #close} was called. */
  public boolean isClosed() {
    return closed.get();
  }

  /**
   * Takes no more work, waits for what is queued, but at most the close timeout and not for calls
   * that hang, and gives up this owner's token. Idempotent.
   */
  @Override
  public void close() {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    closing.countDown();
    long deadline = System.nanoTime() + closeTimeoutNanos;
    int abandoned = pool.close(closeTimeoutNanos);
    if (capacity.isPresent() && !capacity.get().awaitEnd(deadline - System.nanoTime())) {
      log.warn("{}: a scan hangs in the filesystem, and is left to end by itself", root);
    }
    if (abandoned > 0 || pool.busy()) {
      IoStats left = stats().io();
      log.warn(
          "{}: closed with {} tasks given up; {} calls under way and {} that hang are left to end by"
              + " themselves",
          root,
          abandoned,
          left.running(),
          left.hung());
    }
    owner.close();
    io.close();
  }

  @Override
  public String toString() {
    return "DirectoryStore[" + root + ", " + io.mode() + "]";
  }

  /**
   * How a directory is opened; every setting has a default, and is set once at most. Not
   * thread-safe.
   */
  public static final class Builder {
    private final Path root;
    private Function<Path, ChunkIo> io;
    private int workers = 32;
    private double readShare = 0.25;
    private long freeSpaceFloor = -1;
    private long maxQueuedBytes = 8L << 30;
    private long maxReadBytesInFlight = 1536L << 20;
    private Duration maxQueuedTime = Duration.ofSeconds(30);
    private Duration ioTimeout = Duration.ofSeconds(10);
    private Duration breakerWindow = Duration.ofSeconds(5);
    private LongSupplier nanoClock = System::nanoTime;
    private Duration stampInterval = Duration.ofMinutes(10);
    private Duration presenceTtl = Duration.ofSeconds(60);
    private Duration closeTimeout = Duration.ofSeconds(30);
    private long budget;
    private double high = Budget.DEFAULT_HIGH;
    private double low = Budget.DEFAULT_LOW;
    private int scanRate = 50_000;
    private int unlinkRate = 5_000;
    private Duration settleTime = Duration.ofSeconds(60);

    private final Set<String> given = new HashSet<>();

    private Builder(Path root) {
      this.root = Objects.requireNonNull(root, "root").toAbsolutePath().normalize();
      this.io = NioChunkIo::open;
    }

    /**
     * How bytes reach the disk; default the JDK's own I/O, direct where a probe passes.
     *
     * @param factory gets the root directory; the store closes what it returns
     */
    public Builder io(Function<Path, ChunkIo> factory) {
      once("io");
      io = Objects.requireNonNull(factory, "io");
      return this;
    }

    /** I/O threads at most, from 1 to 1024; default 32. */
    public Builder workers(int threads) {
      once("workers");
      if (threads < 1 || threads > 1024) {
        throw new IllegalArgumentException("workers = " + threads + ": from 1 to 1024");
      }
      workers = threads;
      return this;
    }

    /**
     * Fraction of the workers that writes never take, at least one thread: what reads find free
     * however slowly the filesystem writes. Above 0, below 1; one thread may always write. Default
     * 0.25.
     */
    public Builder readShare(double fraction) {
      once("readShare");
      if (!(fraction > 0 && fraction < 1)) {
        throw new IllegalArgumentException(
            "readShare = " + fraction + ": a fraction of the workers, above 0 and below 1");
      }
      readShare = fraction;
      return this;
    }

    /** Writes stop when fewer bytes are free; default 5 % of the filesystem, at most 10 GiB. */
    public Builder freeSpaceFloor(long bytes) {
      once("freeSpaceFloor");
      if (bytes < 0) {
        throw new IllegalArgumentException("freeSpaceFloor = " + bytes + " bytes: 0 or more");
      }
      freeSpaceFloor = bytes;
      return this;
    }

    /** Bytes that may wait to be written; more are declined. Default 8 GiB. */
    public Builder maxQueuedBytes(long bytes) {
      once("maxQueuedBytes");
      if (bytes < 1) {
        throw new IllegalArgumentException("maxQueuedBytes = " + bytes + ": at least one image");
      }
      maxQueuedBytes = bytes;
      return this;
    }

    /**
     * Writes are declined once those that wait are more work than the I/O threads do in that time,
     * going by what writes took lately; default 30 s. One write may always wait.
     */
    public Builder maxQueuedTime(Duration time) {
      once("maxQueuedTime");
      maxQueuedTime = positive("maxQueuedTime", time);
      return this;
    }

    /** Bytes of reads under way at once; a single image may be larger. Default 1536 MiB. */
    public Builder maxReadBytesInFlight(long bytes) {
      once("maxReadBytesInFlight");
      if (bytes < 1) {
        throw new IllegalArgumentException(
            "maxReadBytesInFlight = " + bytes + " bytes: 1 or more, best several images");
      }
      maxReadBytesInFlight = bytes;
      return this;
    }

    /**
     * A call to the filesystem that takes longer is given up: whoever waits for it goes on, and its
     * thread and buffer are left to it until it returns. Default 10 s.
     */
    public Builder ioTimeout(Duration timeout) {
      once("ioTimeout");
      ioTimeout = positive("ioTimeout", timeout);
      return this;
    }

    /**
     * How long the filesystem is left alone after much trouble in a row, and a file after a call
     * hung on it; doubled each time that a trial fails, up to a minute. Default 5 s.
     */
    public Builder breakerWindow(Duration window) {
      once("breakerWindow");
      breakerWindow = positive("breakerWindow", window);
      return this;
    }

    /** A chunk's last use is written down at most this often, 1 ms at least; default 10 minutes. */
    public Builder stampInterval(Duration interval) {
      once("stampInterval");
      stampInterval = positive("stampInterval", interval);
      if (interval.toMillis() < 1) {
        throw new IllegalArgumentException(
            "stampInterval = " + interval + ": 1 ms or more, as modification times are compared");
      }
      return this;
    }

    /** How long an image once seen is believed to be there; default 60 s. */
    public Builder presenceTtl(Duration ttl) {
      once("presenceTtl");
      presenceTtl = positive("presenceTtl", ttl);
      return this;
    }

    /** How long {@link DirectoryStore#close} waits for queued work; default 30 s. */
    public Builder closeTimeout(Duration timeout) {
      once("closeTimeout");
      closeTimeout = positive("closeTimeout", timeout);
      return this;
    }

    /**
     * What the files of all namespaces may take together, whoever writes them. Every store that
     * shares the directory should have the same one: each keeps to it, and evicts for it. Default
     * none: nothing is evicted, and writes stop at the free-space floor.
     */
    public Builder budget(long bytes) {
      once("budget");
      if (bytes < 1) {
        throw new IllegalArgumentException("budget = " + bytes + " bytes: at least one image");
      }
      budget = bytes;
      return this;
    }

    /**
     * Where eviction begins and ends, as fractions of the budget; default 0.85 and 0.70.
     *
     * @param high at most 1
     * @param low above 0, below high
     */
    public Builder watermarks(double high, double low) {
      once("watermarks");
      Budget.checkWatermarks(high, low);
      this.high = high;
      this.low = low;
      return this;
    }

    /** Directory entries that a scan looks at per second, at most; default 50,000. */
    public Builder scanRate(int entriesPerSecond) {
      once("scanRate");
      if (entriesPerSecond < 1) {
        throw new IllegalArgumentException(
            "scanRate = " + entriesPerSecond + " entries per second: 1 or more");
      }
      scanRate = entriesPerSecond;
      return this;
    }

    /**
     * Files that this store removes per second, at most, by evicting, purging and cleaning up after
     * dead owners: so that no metadata server is flooded. Default 5,000.
     */
    public Builder unlinkRate(int filesPerSecond) {
      once("unlinkRate");
      if (filesPerSecond < 1) {
        throw new IllegalArgumentException(
            "unlinkRate = " + filesPerSecond + " files per second: 1 or more");
      }
      unlinkRate = filesPerSecond;
      return this;
    }

    /**
     * How long the filesystem may count removed files as used, at most; default 60 s, for Lustre,
     * which takes several. Zero is for one that gives space back at once. See {@link
     * DirectoryStore#evictForFilesystem}.
     */
    public Builder settleTime(Duration time) {
      once("settleTime");
      Objects.requireNonNull(time, "settleTime");
      settleTime = time.isZero() ? time : positive("settleTime", time);
      return this;
    }

    private Optional<Budget> budgetIfAny() {
      if (budget > 0) {
        return Optional.of(new Budget(budget, high, low));
      }
      if (given.contains("watermarks")) {
        throw new IllegalArgumentException(
            "watermarks(" + high + ", " + low + ") without a budget: add budget(bytes)");
      }
      return Optional.empty();
    }

    /** What calls that hang, breakers, starving writes and settling are timed by; for tests. */
    Builder nanoClock(LongSupplier clock) {
      nanoClock = clock;
      return this;
    }

    private void once(String setting) {
      if (!given.add(setting)) {
        throw new IllegalArgumentException(setting + "(...) is set twice: set it once");
      }
    }

    private static Duration positive(String name, Duration value) {
      Objects.requireNonNull(value, name);
      if (value.isZero() || value.isNegative() || value.compareTo(Duration.ofDays(365)) > 0) {
        throw new IllegalArgumentException(
            name + " = " + value + ": more than zero, at most a year");
      }
      return value;
    }

    /** Opens the directory, see {@link DirectoryStore#open}. */
    public DirectoryStore open() {
      budgetIfAny();
      return new DirectoryStore(this);
    }
  }
}
