package io.kvcache.lustre;

import io.kvcache.fixture.FaultyChunkIo.Gate;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongUnaryOperator;
import java.util.function.Predicate;

/** Real system calls that fail, come back short, hang and are counted as a test says. */
final class FaultyPosixIo implements PosixIo {
  /** The system calls. */
  enum Call {
    OPEN,
    CLOSE,
    FLAGS,
    PREAD,
    PWRITE,
    FSYNC,
    DROP,
    RENAME,
    UNLINK,
    MKDIR,
    TOUCH,
    STATX,
    STATFS,
    READ_DIRECTORY,
    SET_ATTRIBUTE,
    GET_ATTRIBUTE
  }

  /** What became of a call: whether it was made, and what it answered. */
  private interface Effect {
    /**
     * @param count what is asked for, for reads and writes
     * @return a negative errno instead of the call; else how much of it is to be asked for
     */
    long before(long count);
  }

  /** What a call is made on. */
  private record File(String path, boolean direct) {
    static final File NONE = new File("", false);
  }

  private record Rule(
      Call call, Predicate<File> where, AtomicInteger skip, int times, Effect effect) {}

  /** What is there of bytes that a read has not told of. */
  private static final byte NOT_READ = 0x5A;

  private final PosixIo real;
  private final Map<Call, AtomicLong> counts = new EnumMap<>(Call.class);
  private final List<Rule> rules = new CopyOnWriteArrayList<>();
  private volatile int pageSize;
  private volatile LongUnaryOperator stamps = seconds -> seconds;
  private volatile boolean wholeSeconds;
  private volatile long filesystem = -1;
  private volatile int directAlignment = -1;
  private final Map<Integer, File> open = new ConcurrentHashMap<>();
  private final int directFlag = Machine.current().openFlags().direct();

  FaultyPosixIo(PosixIo real) {
    this.real = real;
    this.pageSize = real.pageSize();
    for (Call call : Call.values()) {
      counts.put(call, new AtomicLong());
    }
  }

  /** Over this machine's own calls. */
  static FaultyPosixIo real() {
    return new FaultyPosixIo(NativeAccess.posix());
  }

  /** The n-th call of that kind from now, counted from 1, answers so. */
  void failNth(Call call, int n, int errno) {
    rules.add(new Rule(call, f -> true, new AtomicInteger(1 - n), 1, count -> -errno));
  }

  /** Every call of that kind answers so, until {@link #heal}. */
  void fail(Call call, int errno) {
    fail(call, path -> true, errno);
  }

  /** Every call of that kind on such a path answers so. */
  void fail(Call call, Predicate<String> where, int errno) {
    failAll(call, file -> where.test(file.path), errno);
  }

  /** Every call of that kind on a file that is opened with O_DIRECT answers so. */
  void failDirect(Call call, int errno) {
    failAll(call, File::direct, errno);
  }

  private void failAll(Call call, Predicate<File> where, int errno) {
    rules.add(new Rule(call, where, new AtomicInteger(), Integer.MAX_VALUE, count -> -errno));
  }

  /** The n-th call of that kind from now moves no more than so many bytes. */
  void cutNth(Call call, int n, long bytes) {
    rules.add(
        new Rule(call, f -> true, new AtomicInteger(1 - n), 1, count -> Math.min(count, bytes)));
  }

  /** Every call of that kind moves no more than so many bytes. */
  void cut(Call call, long bytes) {
    rules.add(
        new Rule(
            call,
            f -> true,
            new AtomicInteger(),
            Integer.MAX_VALUE,
            count -> Math.min(count, bytes)));
  }

  /** The n-th call of that kind on such a path from now hangs until the gate is released. */
  Gate hangNth(Call call, Predicate<String> where, int n) {
    return hangNthOn(call, file -> where.test(file.path), n);
  }

  /** The n-th call of that kind from now hangs until the gate is released. */
  Gate hangNth(Call call, int n) {
    return hangNthOn(call, f -> true, n);
  }

  private Gate hangNthOn(Call call, Predicate<File> where, int n) {
    Gate gate = new Gate();
    rules.add(
        new Rule(
            call,
            where,
            new AtomicInteger(1 - n),
            1,
            count -> {
              gate.pass();
              return count;
            }));
    return gate;
  }

  /** Something is done before the n-th call of that kind from now. */
  void beforeNth(Call call, int n, Runnable action) {
    rules.add(
        new Rule(
            call,
            f -> true,
            new AtomicInteger(1 - n),
            1,
            count -> {
              action.run();
              return count;
            }));
  }

  /** Pages have another size. */
  void pageSize(int bytes) {
    pageSize = bytes;
  }

  /** statfs says that it is another kind of filesystem. */
  void filesystem(Filesystem kind) {
    filesystem = kind.magic();
  }

  /** statx says that direct I/O needs that; 0 for none at all. */
  void directAlignment(int bytes) {
    directAlignment = bytes;
  }

  /** The server's clock, or the file's times, are that much ahead. */
  void skew(long seconds) {
    stamps = s -> s + seconds;
  }

  /** The filesystem keeps times to the second. */
  void wholeSeconds() {
    wholeSeconds = true;
  }

  void heal() {
    rules.clear();
  }

  long count(Call call) {
    return counts.get(call).get();
  }

  void forgetCalls() {
    counts.values().forEach(count -> count.set(0));
  }

  /** Descriptors that were opened and not closed. */
  int openDescriptors() {
    return open.size();
  }

  private long begin(Call call, File file, long count) {
    long allowed = count;
    for (Rule rule : rulesWhoseTurnItIs(call, file)) {
      allowed = Math.min(allowed, rule.effect.before(count));
    }
    return allowed;
  }

  /** Of all rules at once: else two calls might get one turn of each, and nobody the other. */
  private synchronized List<Rule> rulesWhoseTurnItIs(Call call, File file) {
    counts.get(call).incrementAndGet();
    List<Rule> due = new ArrayList<>();
    for (Rule rule : rules) {
      if (rule.call == call && rule.where.test(file)) {
        int turn = rule.skip.getAndIncrement();
        if (turn >= 0 && turn < rule.times) {
          due.add(rule);
        }
      }
    }
    return due;
  }

  private int begin(Call call, String path) {
    return (int) begin(call, new File(path, false), 0);
  }

  private int begin(Call call, int fd) {
    return (int) begin(call, file(fd), 0);
  }

  private File file(int fd) {
    return open.getOrDefault(fd, File.NONE);
  }

  @Override
  public int pageSize() {
    return pageSize;
  }

  @Override
  public int open(String path, int flags, int mode) {
    File file = new File(path, (flags & directFlag) != 0);
    int fault = (int) begin(Call.OPEN, file, 0);
    int fd = fault < 0 ? fault : real.open(path, flags, mode);
    if (fd >= 0) {
      open.put(fd, file);
    }
    return fd;
  }

  @Override
  public int close(int fd) {
    int fault = begin(Call.CLOSE, fd);
    open.remove(fd);
    int result = real.close(fd);
    return fault < 0 ? fault : result;
  }

  @Override
  public int flags(int fd) {
    int fault = begin(Call.FLAGS, fd);
    return fault < 0 ? fault : real.flags(fd);
  }

  @Override
  public long pread(int fd, ByteBuffer into, int from, int count, long offset) {
    long allowed = begin(Call.PREAD, file(fd), count);
    if (allowed < 0) {
      return allowed;
    }
    // All of it: a count of our own might be one that direct I/O refuses.
    long told = Math.min(allowed, real.pread(fd, into, from, count, offset));
    for (int i = (int) Math.max(told, 0); i < count; i++) {
      into.put(from + i, NOT_READ);
    }
    return told;
  }

  @Override
  public long pwrite(int fd, ByteBuffer source, int from, int count, long offset) {
    long allowed = begin(Call.PWRITE, file(fd), count);
    // All of it: a count of our own might be one that direct I/O refuses.
    return allowed < 0 ? allowed : Math.min(allowed, real.pwrite(fd, source, from, count, offset));
  }

  @Override
  public int fsync(int fd) {
    int fault = begin(Call.FSYNC, fd);
    return fault < 0 ? fault : real.fsync(fd);
  }

  @Override
  public int dropFromPageCache(int fd) {
    int fault = begin(Call.DROP, fd);
    return fault < 0 ? fault : real.dropFromPageCache(fd);
  }

  @Override
  public int rename(String from, String to) {
    int fault = begin(Call.RENAME, to);
    return fault < 0 ? fault : real.rename(from, to);
  }

  @Override
  public int unlink(String path) {
    int fault = begin(Call.UNLINK, path);
    return fault < 0 ? fault : real.unlink(path);
  }

  @Override
  public int mkdir(String path, int mode) {
    int fault = begin(Call.MKDIR, path);
    return fault < 0 ? fault : real.mkdir(path, mode);
  }

  @Override
  public int touch(String path) {
    int fault = begin(Call.TOUCH, path);
    return fault < 0 ? fault : real.touch(path);
  }

  @Override
  public int statx(int directory, String path, int flags, int mask, FileStatus into) {
    int fault = path.isEmpty() ? begin(Call.STATX, directory) : begin(Call.STATX, path);
    int result = fault < 0 ? fault : real.statx(directory, path, flags, mask, into);
    if (result == 0) {
      into.modifiedSeconds = stamps.applyAsLong(into.modifiedSeconds);
      into.modifiedNanos = wholeSeconds ? 0 : into.modifiedNanos;
      if (directAlignment >= 0) {
        into.mask |= FileStatus.DIRECT_ALIGNMENT;
        into.directMemoryAlignment = directAlignment;
        into.directOffsetAlignment = directAlignment;
      }
    }
    return result;
  }

  @Override
  public int statfs(String path, FilesystemStatus into) {
    int fault = begin(Call.STATFS, path);
    int result = fault < 0 ? fault : real.statfs(path, into);
    if (result == 0 && filesystem >= 0) {
      into.type = filesystem;
    }
    return result;
  }

  @Override
  public int readDirectory(int fd, ByteBuffer into) {
    int fault = begin(Call.READ_DIRECTORY, fd);
    return fault < 0 ? fault : real.readDirectory(fd, into);
  }

  @Override
  public int setAttribute(String path, String name, ByteBuffer value) {
    int fault = begin(Call.SET_ATTRIBUTE, path);
    return fault < 0 ? fault : real.setAttribute(path, name, value);
  }

  @Override
  public int getAttribute(String path, String name, ByteBuffer into) {
    int fault = begin(Call.GET_ATTRIBUTE, path);
    return fault < 0 ? fault : real.getAttribute(path, name, into);
  }
}
