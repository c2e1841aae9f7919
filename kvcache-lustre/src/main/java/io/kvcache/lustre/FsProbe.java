package io.kvcache.lustre;

import io.kvcache.spi.IoMode;
import io.kvcache.store.OwnerToken;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds out how to read and write in a directory: asks the filesystem what it is and what alignment
 * it needs, and believes neither, but writes an aligned block with O_DIRECT and reads it back. Many
 * filesystems take the flag at open and fail the first write; others drop it in silence.
 *
 * <p>The alignment that is tried first is the larger of what statx(2) says, where it does, and what
 * is known of that kind of filesystem; each EINVAL doubles it. The block size of statfs(2) and stat
 * is no alignment: on Storage Scale, or Lustre over ZFS, it is MiBs.
 *
 * <p>Used by one thread, once.
 */
final class FsProbe {
  private static final Logger log = LoggerFactory.getLogger(FsProbe.class);
  private static final int SMALLEST = 4096;
  private static final int LARGEST = 1 << 20;

  /** Where one call is one request at a time, larger images are read by several threads. */
  private static final int USUAL_PIECE = 8 << 20;

  private static final int USUAL_STRIPE = 4 << 20;
  private static final int LARGEST_PIECE = 64 << 20;

  // What comes of a block that is written and read.
  private static final int SAME = 0;
  private static final int DIFFERENT = 1;
  private static final int SHORT = 2;

  private final PosixIo posix;
  private final OpenFlags flags;
  private final NativeIoOptions options;
  private final String directory;
  private final LustreSysfs sysfs;
  private Filesystem filesystem = Filesystem.UNKNOWN;
  private LustreTunables lustre = LustreTunables.UNKNOWN;
  private Optional<LovLayout> striping = Optional.empty();
  private int alignment = SMALLEST;

  /**
   * @param sysfs asked if it is Lustre
   * @param directory absolute, without symbolic links
   */
  FsProbe(
      PosixIo posix, OpenFlags flags, NativeIoOptions options, LustreSysfs sysfs, Path directory) {
    this.posix = posix;
    this.flags = flags;
    this.options = options;
    this.sysfs = sysfs;
    this.directory = directory.toString();
  }

  /** Writes, reads and removes a file in the directory. */
  FsProfile run() {
    FilesystemStatus status = new FilesystemStatus();
    int result = posix.statfs(directory, status);
    if (result < 0) {
      return unsettled("statfs failed with " + Errno.text(-result));
    }
    filesystem = Filesystem.of(status.type);
    if (filesystem == Filesystem.LUSTRE) {
      lustre = sysfs.read(Path.of(directory));
      striping = new DirectoryStriping(posix, options.striping(), 0).layoutOf(Path.of(directory));
    }
    alignment = options.alignment() > 0 ? options.alignment() : usualAlignment();
    if (!options.direct()) {
      return buffered("direct(false) was asked for");
    }
    String file = directory + "/.probe." + OwnerToken.create();
    try {
      return tryDirect(file);
    } finally {
      posix.unlink(file);
    }
  }

  private int usualAlignment() {
    return switch (filesystem) {
      // Their clients work in pages, of 64 KiB on some hosts.
      case LUSTRE, NFS, CEPH -> Math.max(posix.pageSize(), SMALLEST);
      default -> SMALLEST;
    };
  }

  private FsProfile tryDirect(String file) {
    int fd =
        posix.open(
            file,
            OpenFlags.READ_WRITE
                | OpenFlags.CREATE
                | OpenFlags.EXCLUSIVE
                | OpenFlags.CLOSE_ON_EXEC
                | flags.noFollow()
                | flags.direct(),
            0600);
    if (fd == -Errno.EINVAL || fd == -Errno.EOPNOTSUPP) {
      return buffered(filesystem.label() + " refuses O_DIRECT when a file is opened");
    }
    if (fd < 0) {
      return unsettled("a file to try O_DIRECT with cannot be made, " + Errno.text(-fd));
    }
    try {
      return tryDirect(fd, file);
    } finally {
      posix.close(fd);
    }
  }

  private FsProfile tryDirect(int fd, String file) {
    int effective = posix.flags(fd);
    if (effective >= 0 && (effective & flags.direct()) == 0) {
      return buffered(filesystem.label() + " drops O_DIRECT in silence");
    }
    if (options.alignment() == 0 && !heed(file)) {
      return buffered(filesystem.label() + " says that its files have no direct I/O");
    }
    int written;
    do {
      written = roundTrip(fd, alignment);
      if (written == -Errno.EINVAL && (options.alignment() > 0 || alignment >= LARGEST)) {
        return buffered(
            "O_DIRECT writes of " + alignment + " bytes fail with EINVAL on " + filesystem.label());
      }
      alignment *= written == -Errno.EINVAL ? 2 : 1;
    } while (written == -Errno.EINVAL);
    if (written < 0) {
      return unsettled("an O_DIRECT write and read failed with " + Errno.text(-written));
    }
    if (written == SHORT) {
      return unsettled("an O_DIRECT write or read of " + alignment + " bytes came back short");
    }
    if (written == DIFFERENT) {
      return buffered("an O_DIRECT read on " + filesystem.label() + " gave other bytes");
    }
    if (alignment > options.imageAlignment()) {
      return buffered(
          String.format(
              "direct I/O on %s needs an alignment of %d here, and images have %d: use layouts with"
                  + " alignment(%1$s), and say so by NativeIoOptions.imageAlignment",
              filesystem.label(), alignment, options.imageAlignment()));
    }
    return profile(
        new IoMode(
            true,
            "an O_DIRECT write and read of "
                + alignment
                + " bytes passed on "
                + filesystem.label()
                + lustre.version().map(version -> " " + version).orElse("")),
        true);
  }

  /** Takes what statx says about alignment; false if it says that there is no direct I/O. */
  private boolean heed(String file) {
    FileStatus status = new FileStatus();
    int result =
        posix.statx(
            FileStatus.ABSOLUTE, file, FileStatus.AS_STAT, FileStatus.DIRECT_ALIGNMENT, status);
    if (result < 0 || (status.mask & FileStatus.DIRECT_ALIGNMENT) == 0) {
      return true;
    }
    int said = Math.max(status.directMemoryAlignment, status.directOffsetAlignment);
    if (said > LARGEST || Integer.bitCount(said) > 1) {
      log.debug("{}: an alignment of {} is not believed", file, said);
      return true;
    }
    alignment = Math.max(alignment, said);
    return said > 0;
  }

  /** Writes and reads a block; what came of it, or an errno. */
  private int roundTrip(int fd, int bytes) {
    ByteBuffer written = block(bytes);
    for (int i = 0; i < bytes; i += Long.BYTES) {
      written.putLong(i, 0x9E3779B97F4A7C15L * (i + 1));
    }
    long result = posix.pwrite(fd, written, 0, bytes, 0);
    if (result < 0) {
      return (int) result;
    }
    ByteBuffer read = block(bytes);
    long length = posix.pread(fd, read, 0, bytes, 0);
    if (length < 0) {
      return (int) length;
    }
    if (result < bytes || length < bytes) {
      return SHORT; // as on a disk that is nearly full
    }
    return read.equals(written) ? SAME : DIFFERENT;
  }

  /** Aligned to that and no more, or a larger need would not show. */
  private static ByteBuffer block(int bytes) {
    return ByteBuffer.allocateDirect(2 * bytes)
        .alignedSlice(bytes)
        .slice(0, bytes)
        .order(ByteOrder.LITTLE_ENDIAN);
  }

  private FsProfile buffered(String reason) {
    return profile(new IoMode(false, reason), true);
  }

  private FsProfile unsettled(String reason) {
    return profile(new IoMode(false, reason + ": it will be tried again"), false);
  }

  private FsProfile profile(IoMode mode, boolean settled) {
    return new FsProfile(
        filesystem.label(),
        alignment,
        mode,
        pieceBytes(),
        striping.map(LovLayout::stripeCount).orElse(LovLayout.DEFAULT),
        striping.map(LovLayout::stripeBytes).orElse(0L),
        settled);
  }

  private int pieceBytes() {
    int wished = options.pieceBytes() >= 0 ? options.pieceBytes() : usualPiece();
    return (wished + alignment - 1) / alignment * alignment;
  }

  private int usualPiece() {
    return switch (filesystem) {
      case LUSTRE -> lustre.wholeImages() ? 0 : (int) stripeOfLargeImages();
      case TMPFS -> 0;
      default -> USUAL_PIECE;
    };
  }

  /** Pieces that end where stripes do, so that no piece asks two servers for half a request. */
  private long stripeOfLargeImages() {
    long stripe =
        options
            .striping()
            .layoutFor(Integer.MAX_VALUE, lustre.rpcBytes(posix.pageSize()))
            .or(() -> striping)
            .map(LovLayout::stripeBytes)
            .orElse(0L);
    return stripe > 0 && stripe <= LARGEST_PIECE ? stripe : USUAL_STRIPE;
  }
}
