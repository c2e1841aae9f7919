package io.kvcache.lustre;

import java.util.Objects;
import java.util.Optional;

/**
 * How new directories of a store tell Lustre to spread the files in them. Of no effect on other
 * filesystems. Immutable.
 *
 * <pre>{@code
 * StripePolicy.bySize();                         // the default: by how large the images are
 * StripePolicy.bySize().withPool("flash");       // the same, on the OSTs of a pool
 * StripePolicy.of(8, 16 << 20);                  // always 8 stripes of 16 MiB
 * StripePolicy.inherit();                        // as the administrator set the directory above
 * }</pre>
 *
 * <p>By size, an image of up to 16 MiB lies on one OST, a larger one on four: many files balance
 * the OSTs by themselves, and more stripes only shorten the read of a single large one. Stripes are
 * as large as the requests that the site's clients send, 4 to 16 MiB, so that each request is full.
 *
 * <p>A pool that a directory's files would be put in anyway stays, where the policy names none.
 */
public final class StripePolicy {
  /** As a count: all OSTs. */
  public static final int ALL = -1;

  private static final long MIB = 1L << 20;

  /** 16 MiB of rows, and the header before them. */
  private static final long LARGEST_ON_ONE_OST = 16 * MIB + LovLayout.STRIPE_UNIT_BYTES;

  private static final int STRIPES_OF_LARGE = 4;
  private static final long LEAST_STRIPE_BYTES = 4 * MIB;

  /** With larger stripes, images of tens of megabytes would not reach four OSTs. */
  private static final long MOST_STRIPE_BYTES = 16 * MIB;

  private enum Kind {
    BY_SIZE,
    FIXED,
    INHERIT
  }

  private final Kind kind;
  private final LovLayout fixed;
  private final String pool;

  private StripePolicy(Kind kind, LovLayout fixed, String pool) {
    this.kind = kind;
    this.fixed = fixed;
    this.pool = pool;
  }

  /** By the size of the images that a directory is made for. */
  public static StripePolicy bySize() {
    return new StripePolicy(Kind.BY_SIZE, null, "");
  }

  /**
   * The same for all.
   *
   * @param count OSTs of a file, 1 to 2000; {@link #ALL}; 0 for the filesystem's default
   * @param sizeBytes bytes of a stripe, a multiple of 64 KiB below 4 GiB; 0 for the filesystem's
   *     default
   */
  public static StripePolicy of(int count, long sizeBytes) {
    LovLayout layout = LovLayout.of(count == ALL ? LovLayout.ALL : count, sizeBytes);
    if (count == LovLayout.ALL) {
      throw new IllegalArgumentException(
          "stripe count " + count + ": from 1 to 2000; for all OSTs use StripePolicy.ALL");
    }
    return new StripePolicy(Kind.FIXED, layout, "");
  }

  /** Sets nothing: files are laid out as the directory above, or the filesystem, says. */
  public static StripePolicy inherit() {
    return new StripePolicy(Kind.INHERIT, null, "");
  }

  /**
   * The same, on the OSTs of a pool.
   *
   * @param name without the filesystem's; 1 to 15 letters, digits, '_', '-' and '.'
   */
  public StripePolicy withPool(String name) {
    Objects.requireNonNull(name, "pool");
    if (kind == Kind.INHERIT) {
      throw new IllegalArgumentException(
          "pool '" + name + "' of a policy that sets nothing: use bySize() or of(...)");
    }
    if (!pool.isEmpty()) {
      throw new IllegalArgumentException(
          "pool '" + name + "' after pool '" + pool + "': a policy has one");
    }
    LovLayout.of(1, LEAST_STRIPE_BYTES).withPool(name);
    return new StripePolicy(kind, fixed, name);
  }

  /**
   * The layout for files of that size.
   *
   * @param fileBytes how large most files will be; 0 if that is not known
   * @param rpcBytes the largest request that the site's clients send; 0 if that is not known
   * @return empty where nothing is to be set
   */
  Optional<LovLayout> layoutFor(long fileBytes, long rpcBytes) {
    if (kind == Kind.INHERIT || (kind == Kind.BY_SIZE && fileBytes <= 0)) {
      return Optional.empty();
    }
    LovLayout layout = kind == Kind.FIXED ? fixed : bySize(fileBytes, rpcBytes);
    return Optional.of(pool.isEmpty() ? layout : layout.withPool(pool));
  }

  private static LovLayout bySize(long fileBytes, long rpcBytes) {
    long bytes = Math.min(Math.max(LEAST_STRIPE_BYTES, rpcBytes), MOST_STRIPE_BYTES);
    long stripe = roundUp(bytes, LovLayout.STRIPE_UNIT_BYTES) * LovLayout.STRIPE_UNIT_BYTES;
    if (fileBytes <= LARGEST_ON_ONE_OST) {
      return LovLayout.of(1, stripe);
    }
    // An OST that would get no byte of the file would be asked for its part of the size all the
    // same.
    return LovLayout.of((int) Math.min(STRIPES_OF_LARGE, roundUp(fileBytes, stripe)), stripe);
  }

  private static long roundUp(long bytes, long unit) {
    return (bytes + unit - 1) / unit;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof StripePolicy that
        && kind == that.kind
        && Objects.equals(fixed, that.fixed)
        && pool.equals(that.pool);
  }

  @Override
  public int hashCode() {
    return Objects.hash(kind, fixed, pool);
  }

  /** As {@code by size in pool flash}. */
  @Override
  public String toString() {
    String text =
        switch (kind) {
          case BY_SIZE -> "by size";
          case FIXED -> fixed.toString();
          case INHERIT -> "inherited";
        };
    return pool.isEmpty() ? text : text + " in pool " + pool;
  }
}
