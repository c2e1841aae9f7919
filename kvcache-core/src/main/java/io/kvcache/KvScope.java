package io.kvcache;

import io.kvcache.prefix.CborWriter;
import io.kvcache.prefix.Sha256;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.function.IntFunction;

/**
 * What separates equal tokens: tenant salt, LoRA adapter, images and the like. It enters the hash
 * of the blocks as vLLM's extra keys, so equal tokens in different scopes never share a byte.
 * Immutable.
 *
 * <pre>{@code
 * KvScope tenant = KvScope.of("tenant-7");
 * KvScope vision = KvScope.builder()
 *     .salt("tenant-7")
 *     .lora("sql-adapter", "r3")
 *     .media(sha256OfImage, 20, 576)     // 576 placeholder tokens from position 20 on
 *     .build();
 * }</pre>
 *
 * <p>The extra keys of a block, in this order: the adapter; the media items that the block touches,
 * by their place in the prompt; the salt, in block 0 only; further extras. Through the chain, what
 * is said in one block separates all blocks behind it.
 */
public final class KvScope {
  /** Nothing to tell apart: every caller that says so shares. */
  public static final KvScope NONE = new KvScope(new Builder());

  private final String salt;
  private final String lora;
  private final List<Media> media;
  private final IntFunction<? extends List<?>> blockExtras;

  /** Extra keys of a block without media, salt and further extras. */
  private final List<Object> everyBlock;

  private final byte[] digest;

  private KvScope(Builder builder) {
    this.salt = builder.salt;
    this.lora = builder.lora;
    this.media = List.copyOf(builder.media);
    this.blockExtras = builder.blockExtras;
    this.everyBlock = lora == null ? List.of() : List.of(lora);
    this.digest =
        salt == null ? new byte[ChunkKey.BYTES] : Sha256.create().digest(CborWriter.encode(salt));
  }

  /**
   * The scope of one tenant.
   *
   * @param salt separates the tenant from all others; not empty
   */
  public static KvScope of(String salt) {
    return builder().salt(salt).build();
  }

  /** A scope put together: every setting at most once, media as often as there are items. */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * The extra keys that vLLM would give a block: {@code String}, {@code Integer}, {@code Long},
   * {@code byte[]} and {@code List}s of these; empty if there are none.
   *
   * @param block number of the block in the prompt, from 0
   * @param blockTokens tokens of a block
   */
  public List<?> extraKeys(int block, int blockTokens) {
    boolean salted = salt != null && block == 0;
    if (media.isEmpty() && !salted && blockExtras == null) {
      return everyBlock;
    }
    List<Object> keys = new ArrayList<>(everyBlock);
    long from = (long) block * blockTokens;
    for (int i = firstEndingAfter(from); i < media.size(); i++) {
      Media item = media.get(i);
      if (item.from >= from + blockTokens) {
        break;
      }
      keys.add(List.of(item.identifier, item.from - from));
    }
    if (salted) {
      keys.add(salt);
    }
    if (blockExtras != null) {
      List<?> more = blockExtras.apply(block);
      if (more == null) {
        throw new NullPointerException(
            "blockExtras gave null for block " + block + ": an empty list says that there is none");
      }
      keys.addAll(more);
    }
    return keys;
  }

  /**
   * Index of the first media item that reaches beyond {@code from}; items are disjoint, in order.
   */
  private int firstEndingAfter(long from) {
    int low = 0;
    int high = media.size();
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (media.get(middle).end() > from) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    return low;
  }

  /**
   * Names the tenant in the header of every image, since a key cannot be taken apart: SHA-256 of
   * the salt as CBOR text, 32 zero bytes without a salt. A fresh copy.
   */
  public byte[] digest() {
    return digest.clone();
  }

  /**
   * {@link #digest}, for what is to be done to all chunks of one tenant.
   *
   * @throws IllegalArgumentException for a scope without salt: its digest is that of everybody who
   *     has none
   */
  public byte[] tenantDigest() {
    if (salt == null) {
      throw new IllegalArgumentException(
          this
              + " names no tenant, and would match everybody's chunks without a salt: give the"
              + " tenant's salt, as in KvScope.of(salt)");
    }
    return digest();
  }

  /** Whether a salt separates this scope from others, so that {@link #digest} names a tenant. */
  public boolean isSalted() {
    return salt != null;
  }

  /** Equal settings; a function of further extras equals only itself. */
  @Override
  public boolean equals(Object other) {
    return other instanceof KvScope that
        && Objects.equals(salt, that.salt)
        && Objects.equals(lora, that.lora)
        && media.equals(that.media)
        && Objects.equals(blockExtras, that.blockExtras);
  }

  @Override
  public int hashCode() {
    return Objects.hash(salt, lora, media, blockExtras);
  }

  /** Without the salt itself: it may be a secret, and this text ends up in logs. */
  @Override
  public String toString() {
    return "KvScope["
        + (salt == null ? "no salt" : "salted")
        + (lora == null ? "" : ", lora " + lora)
        + (media.isEmpty() ? "" : ", " + media.size() + " media")
        + (blockExtras == null ? "" : ", further extras")
        + "]";
  }

  private record Media(String identifier, int from, int tokens) {
    long end() {
      return (long) from + tokens;
    }

    @Override
    public String toString() {
      return "media \"" + identifier + "\" from token " + from + ", " + tokens + " tokens";
    }
  }

  /** Puts a scope together. Not thread-safe. */
  public static final class Builder {
    private String salt;
    private String lora;
    private final List<Media> media = new ArrayList<>();
    private IntFunction<? extends List<?>> blockExtras;

    private Builder() {}

    /** Separates a tenant from all others; not empty. */
    public Builder salt(String text) {
      once("salt", salt);
      salt = text("salt", text);
      return this;
    }

    /** A LoRA adapter that is never loaded with other weights under this name. */
    public Builder lora(String name) {
      return adapter(name, "");
    }

    /**
     * A LoRA adapter.
     *
     * @param name as vLLM knows it, without {@code @}
     * @param revision changes whenever other weights are loaded under the name, so that they never
     *     meet bytes of the old ones
     */
    public Builder lora(String name, String revision) {
      return adapter(name, "@" + text("lora revision", revision));
    }

    private Builder adapter(String name, String suffix) {
      once("lora", lora);
      if (text("lora name", name).indexOf('@') >= 0) {
        throw new IllegalArgumentException(
            "lora name \"" + name + "\" holds @: give the revision as the second argument");
      }
      lora = name + suffix;
      return this;
    }

    /**
     * An image, a sound or the like, whose placeholder ids say nothing about it.
     *
     * @param identifier says which one it is, such as the hash of its content; not empty
     * @param fromToken position of its first token in the prompt
     * @param tokens how many tokens it takes; items do not overlap
     */
    public Builder media(String identifier, int fromToken, int tokens) {
      Media item = new Media(text("media identifier", identifier), fromToken, tokens);
      if (fromToken < 0 || tokens < 1 || item.end() > Integer.MAX_VALUE) {
        throw new IllegalArgumentException(
            item + ": a range has 1 token at least and lies within 0 to " + Integer.MAX_VALUE);
      }
      for (Media other : media) {
        if (other.from < item.end() && item.from < other.end()) {
          throw new IllegalArgumentException(
              item + " overlaps " + other + ": each token belongs to one item");
        }
      }
      media.add(item);
      return this;
    }

    /**
     * Further extra keys, put behind all others, such as vLLM's digest of prompt embeddings.
     *
     * @param extras gives those of each block, from block 0; an empty list for none. Values are
     *     {@code String}, {@code Integer}, {@code Long}, {@code byte[]} or {@code List}s of these.
     *     Must give the same for a block whenever it is asked, from any thread
     */
    public Builder blockExtras(IntFunction<? extends List<?>> extras) {
      once("blockExtras", blockExtras);
      blockExtras = Objects.requireNonNull(extras, "blockExtras: leave it out if there are none");
      return this;
    }

    /** The scope. */
    public KvScope build() {
      media.sort(Comparator.comparingInt(Media::from));
      return new KvScope(this);
    }

    private static void once(String name, Object value) {
      if (value != null) {
        throw new IllegalArgumentException(
            name + " is set twice: a scope has one; take the other out");
      }
    }

    private static String text(String name, String value) {
      Objects.requireNonNull(value, name + ": leave it out if there is none");
      if (value.isEmpty()) {
        throw new IllegalArgumentException(
            name + " is empty: give at least one character, or leave it out if there is none");
      }
      // Fails here, not at the first prompt, for text that has no encoding.
      CborWriter.encode(value);
      return value;
    }
  }
}
