package io.kvcache.lustre;

import java.util.HashSet;
import java.util.Objects;
import java.util.Set;

/**
 * How native chunk I/O treats a filesystem, where it is not to find out by itself: every value has
 * a default that suits most. Immutable.
 */
public final class NativeIoOptions {
  private static final int SMALLEST = 4096;
  private static final int LARGEST_ALIGNMENT = 1 << 20;
  private static final int LARGEST_PIECE = 1 << 30;

  private final boolean direct;
  private final int alignment;
  private final int imageAlignment;
  private final int pieceBytes;
  private final boolean durable;
  private final StripePolicy striping;

  private NativeIoOptions(Builder settings) {
    this.direct = settings.direct;
    this.alignment = settings.alignment;
    this.imageAlignment = settings.imageAlignment;
    this.pieceBytes = settings.pieceBytes;
    this.durable = settings.durable;
    this.striping = settings.striping;
  }

  /** All defaults. */
  public static NativeIoOptions defaults() {
    return builder().build();
  }

  /** Other values than the defaults. */
  public static Builder builder() {
    return new Builder();
  }

  boolean direct() {
    return direct;
  }

  /** 0 if it is to be found out. */
  int alignment() {
    return alignment;
  }

  int imageAlignment() {
    return imageAlignment;
  }

  /** Negative if it is to be found out, 0 for whole images. */
  int pieceBytes() {
    return pieceBytes;
  }

  boolean durable() {
    return durable;
  }

  StripePolicy striping() {
    return striping;
  }

  /** Collects values, each once at most. Not thread-safe. */
  public static final class Builder {
    private final Set<String> given = new HashSet<>();
    private boolean direct = true;
    private int alignment;
    private int imageAlignment = SMALLEST;
    private int pieceBytes = -1;
    private boolean durable;
    private StripePolicy striping = StripePolicy.bySize();

    private Builder() {}

    /**
     * Whether to bypass the page cache where a probe shows that it works; default true. Without,
     * small hot chunks may be read faster from a local disk, and everything competes with the
     * engine for the host's memory.
     */
    public Builder direct(boolean yes) {
      once("direct");
      direct = yes;
      return this;
    }

    /**
     * Alignment of direct I/O, instead of what the filesystem says and a probe confirms.
     *
     * @param bytes a power of two from 4096 to 1 MiB
     */
    public Builder alignment(int bytes) {
      once("alignment");
      alignment = powerOfTwo("alignment", bytes);
      return this;
    }

    /**
     * Alignment of the layouts whose images are kept here, see {@code KvLayout}; default 4096. A
     * filesystem that needs more than this is used through the page cache.
     *
     * @param bytes a power of two from 4096 to 1 MiB
     */
    public Builder imageAlignment(int bytes) {
      once("imageAlignment");
      imageAlignment = powerOfTwo("imageAlignment", bytes);
      return this;
    }

    /**
     * Larger images are read and written in pieces of so many bytes, by several threads at once.
     * Default: whole images on Lustre 2.15 and later, whose client cuts a call up by itself, and
     * pieces of a few MiB where one call is one request at a time.
     *
     * @param bytes a multiple of 4096, or 0 for whole images
     */
    public Builder pieceBytes(int bytes) {
      once("pieceBytes");
      if (bytes < 0 || bytes > LARGEST_PIECE || bytes % SMALLEST != 0) {
        throw new IllegalArgumentException(
            "pieceBytes("
                + bytes
                + "): a multiple of "
                + SMALLEST
                + " up to "
                + LARGEST_PIECE
                + ", or 0 for whole images");
      }
      pieceBytes = bytes;
      return this;
    }

    /**
     * Whether an image is forced to the disk before it is published; default false. A cache does
     * not need it: what a crash of server and client together loses is a miss.
     */
    public Builder durable(boolean yes) {
      once("durable");
      durable = yes;
      return this;
    }

    /**
     * How directories that are made tell Lustre to spread their files; default {@link
     * StripePolicy#bySize}.
     */
    public Builder striping(StripePolicy policy) {
      once("striping");
      striping = Objects.requireNonNull(policy, "striping");
      return this;
    }

    /** The options. */
    public NativeIoOptions build() {
      return new NativeIoOptions(this);
    }

    private void once(String setting) {
      if (!given.add(setting)) {
        throw new IllegalArgumentException(setting + "(...) is set twice: set it once");
      }
    }

    private static int powerOfTwo(String name, int bytes) {
      if (bytes < SMALLEST || bytes > LARGEST_ALIGNMENT || Integer.bitCount(bytes) != 1) {
        throw new IllegalArgumentException(
            name + "(" + bytes + "): a power of two from " + SMALLEST + " to " + LARGEST_ALIGNMENT);
      }
      return bytes;
    }
  }
}
