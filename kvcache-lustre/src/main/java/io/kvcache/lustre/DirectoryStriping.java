package io.kvcache.lustre;

import io.kvcache.lustre.StripingOutcome.Kind;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives new directories the default layout of a {@link StripePolicy}. Files made in a directory get
 * its default for nothing, and so do directories made in it <em>later</em>: so set it on the
 * topmost directory that was made, before those below it are. Storage trouble is an outcome, never
 * an exception: a file that is laid out otherwise is as good as any. Thread-safe; calls block.
 */
final class DirectoryStriping {
  private static final Logger LOG = LoggerFactory.getLogger(DirectoryStriping.class);

  /** Room for any layout that people make; what needs more is asked for again. */
  private static final int USUAL_ATTRIBUTE_BYTES = 4096;

  private final PosixIo posix;
  private final StripePolicy policy;
  private final long rpcBytes;
  private final AtomicReference<StripingOutcome> trouble = new AtomicReference<>();

  /**
   * @param rpcBytes the largest request that the site's clients send; 0 if that is not known
   */
  DirectoryStriping(PosixIo posix, StripePolicy policy, long rpcBytes) {
    this.posix = posix;
    this.policy = policy;
    this.rpcBytes = rpcBytes;
  }

  /**
   * Sets the default of a directory that was just made and is empty.
   *
   * @param directory absolute
   * @param fileBytes how large most files below it will be; 0 if that is not known
   */
  StripingOutcome apply(Path directory, long fileBytes) {
    StripingOutcome outcome = decide(directory.toString(), fileBytes);
    if (outcome.isTrouble() && trouble.compareAndSet(null, outcome)) {
      LOG.warn("striping {}: {}; the next ones are at DEBUG", directory, outcome);
    } else {
      LOG.debug("striping {}: {}", directory, outcome);
    }
    return outcome;
  }

  /** The first trouble, which was warned of; what came after it is at DEBUG. */
  Optional<StripingOutcome> trouble() {
    return Optional.ofNullable(trouble.get());
  }

  /**
   * The layout of a file, or the default of a directory.
   *
   * @return empty where there is none, it is of a kind that is not known here, or cannot be asked
   */
  Optional<LovLayout> layoutOf(Path path) {
    return read(path.toString()).layout();
  }

  private StripingOutcome decide(String directory, long fileBytes) {
    Optional<LovLayout> chosen = policy.layoutFor(fileBytes, rpcBytes);
    if (chosen.isEmpty()) {
      return new StripingOutcome(Kind.KEPT, "nothing is to be set: " + policy, Optional.empty());
    }
    FilesystemStatus filesystem = new FilesystemStatus();
    int failure = posix.statfs(directory, filesystem);
    if (failure < 0) {
      return refused("statfs: " + Errno.text(-failure), Optional.empty());
    }
    if (Filesystem.of(filesystem.type) != Filesystem.LUSTRE) {
      return notLustre(Filesystem.of(filesystem.type).label());
    }
    Answer before = read(directory);
    if (before.errno() == Errno.EOPNOTSUPP || before.errno() == Errno.ENOTTY) {
      return notLustre(Errno.text(before.errno()));
    }
    if (before.errno() != 0 && before.errno() != Errno.ENODATA) {
      return refused("its default cannot be read: " + Errno.text(before.errno()), before.layout());
    }
    LovLayout wanted = inPoolOf(before.layout(), chosen.get());
    if (before.layout().filter(wanted::isSatisfiedBy).isPresent()) {
      return new StripingOutcome(Kind.KEPT, "it has " + wanted + " already", before.layout());
    }
    Optional<String> objection = mountRoot(directory);
    if (objection.isPresent()) {
      return refused(objection.get(), before.layout());
    }
    return set(directory, wanted, before.layout());
  }

  private StripingOutcome set(String directory, LovLayout wanted, Optional<LovLayout> before) {
    int failure = posix.setAttribute(directory, LovLayout.ATTRIBUTE, wanted.encode());
    if (failure == -Errno.EOPNOTSUPP || failure == -Errno.ENOTTY) {
      return notLustre(Errno.text(-failure));
    }
    if (failure < 0) {
      return refused(wanted + ": " + Errno.text(-failure) + remedy(wanted, directory), before);
    }
    // It says 0 also where it did nothing.
    Answer after = read(directory);
    if (after.layout().filter(wanted::isSatisfiedBy).isPresent()) {
      return new StripingOutcome(Kind.SET, wanted.toString(), after.layout());
    }
    String found =
        after.layout().map(LovLayout::toString).orElseGet(() -> Errno.text(after.errno()));
    return new StripingOutcome(
        Kind.READ_BACK_DIFFERS,
        wanted + " was set, but it has " + found + remedy(wanted, directory),
        after.layout());
  }

  private static String remedy(LovLayout wanted, String directory) {
    return "; its files get the filesystem's layout. Let an administrator say why, with `"
        + wanted.command(directory)
        + "`, or use StripePolicy.inherit()";
  }

  /** The pool says which disks; that is for the administrator, unless the policy says so too. */
  private static LovLayout inPoolOf(Optional<LovLayout> before, LovLayout wanted) {
    String pool = before.map(LovLayout::pool).orElse("");
    boolean keeps = wanted.pool().isEmpty() && !pool.isEmpty();
    return keeps
        ? new LovLayout(wanted.stripeCount(), wanted.stripeBytes(), pool, wanted.pattern(), 1)
        : wanted;
  }

  /** Why the directory must be left alone: its default would be everybody's. */
  private Optional<String> mountRoot(String directory) {
    FileStatus own = new FileStatus();
    FileStatus above = new FileStatus();
    int failure = status(directory, own);
    if (failure == 0) {
      // Not the path's parent: that may be a symbolic link, which is on a filesystem of its own.
      failure = status(directory + "/..", above);
    }
    if (failure < 0) {
      return Optional.of("statx: " + Errno.text(-failure));
    }
    if (!own.isDirectory()) {
      return Optional.of("not a directory, or a symbolic link to one");
    }
    boolean sameDevice =
        own.deviceMajor == above.deviceMajor && own.deviceMinor == above.deviceMinor;
    boolean root =
        (own.attributes & FileStatus.MOUNT_ROOT) != 0 || !sameDevice || own.inode == above.inode;
    return root
        ? Optional.of(
            "the root of a mount: its default would be that of the whole filesystem; use a"
                + " directory below it")
        : Optional.empty();
  }

  private int status(String path, FileStatus into) {
    return posix.statx(
        FileStatus.ABSOLUTE, path, FileStatus.AS_STAT, FileStatus.TYPE | FileStatus.INODE, into);
  }

  /** What getxattr said: a layout, or an error number, or a layout of an unknown kind: neither. */
  private record Answer(Optional<LovLayout> layout, int errno) {}

  private Answer read(String path) {
    ByteBuffer value = ByteBuffer.allocateDirect(USUAL_ATTRIBUTE_BYTES);
    int length = posix.getAttribute(path, LovLayout.ATTRIBUTE, value);
    if (length == -Errno.ERANGE) {
      value = ByteBuffer.allocateDirect(LovLayout.MAX_ATTRIBUTE_BYTES);
      length = posix.getAttribute(path, LovLayout.ATTRIBUTE, value);
    }
    if (length < 0) {
      return new Answer(Optional.empty(), -length);
    }
    return new Answer(LovLayout.decode(value.limit(Math.min(length, value.capacity()))), 0);
  }

  private static StripingOutcome notLustre(String found) {
    return new StripingOutcome(Kind.NOT_LUSTRE, found, Optional.empty());
  }

  private static StripingOutcome refused(String reason, Optional<LovLayout> layout) {
    return new StripingOutcome(Kind.REFUSED, reason, layout);
  }
}
