package io.kvcache.lustre;

import io.kvcache.spi.IoMode;
import java.util.Objects;

/**
 * What a directory's filesystem was found to be, and how chunks are read and written there.
 *
 * @param filesystem its usual name, such as {@code lustre} or {@code ext4}; {@code unknown} if its
 *     number is not known here
 * @param alignment bytes of which addresses, offsets and lengths of direct I/O are multiples
 * @param mode {@code DIRECT} or {@code BUFFERED}, with the reason
 * @param pieceBytes an image that is larger is read and written in pieces of so many bytes, several
 *     at once; 0 if every image goes in one call
 * @param stripeCount on Lustre, on how many storage targets new files of the directory lie; 0 if
 *     that is the filesystem's default, not known, or not Lustre
 * @param stripeBytes on Lustre, bytes on one target before those on the next begin; 0 likewise
 * @param settled whether the filesystem itself decided that; false if it could not even be asked,
 *     and will be again
 */
public record FsProfile(
    String filesystem,
    int alignment,
    IoMode mode,
    int pieceBytes,
    int stripeCount,
    long stripeBytes,
    boolean settled) {
  public FsProfile {
    Objects.requireNonNull(filesystem, "filesystem");
    Objects.requireNonNull(mode, "mode");
  }

  /** The same, but through the page cache. */
  FsProfile buffered(String reason) {
    return new FsProfile(
        filesystem,
        alignment,
        new IoMode(false, reason),
        pieceBytes,
        stripeCount,
        stripeBytes,
        true);
  }
}
