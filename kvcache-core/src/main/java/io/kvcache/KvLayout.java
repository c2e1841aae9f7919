package io.kvcache;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * What one rank of one model keeps per token, and how it is cut into chunks. Immutable.
 *
 * <pre>{@code
 * KvLayout llama70b = KvLayout.attention(80, 8, 128, ElementType.BF16);   // 327,680 bytes per token
 * KvLayout deepseekR1 = KvLayout.mla(61, 512, 64, ElementType.BF16);      //  70,272 bytes per token
 * KvLayout hybrid = KvLayout.builder()
 *     .elementType(ElementType.BF16)
 *     .full(new int[] {3, 7}, new LayoutPart("k", 1024), new LayoutPart("v", 1024))
 *     .window(1024, new int[] {0, 2, 4, 6}, new LayoutPart("k", 512), new LayoutPart("v", 512))
 *     .state(new int[] {1, 5}, new LayoutPart("s", 65536))
 *     .build();
 * }</pre>
 *
 * <p>A layout describes one rank: Llama-3.3-70B on eight ranks is {@code attention(80, 1, 128,
 * BF16)} on each. Group and part numbers are declaration order, layer numbers are the model's.
 * Everything here enters the fingerprint: another layout never meets these bytes.
 */
public final class KvLayout {
  /** Tokens of a block unless set otherwise: vLLM's. */
  public static final int DEFAULT_BLOCK_TOKENS = 16;

  /** Tokens of a chunk unless set otherwise. */
  public static final int DEFAULT_CHUNK_TOKENS = 256;

  private static final int MOST_CHUNK_TOKENS = 1 << 20;

  /** Alignment of headers and segments in bytes unless set otherwise. */
  public static final int DEFAULT_ALIGNMENT = 4096;

  /** The engine's inner order unless set otherwise: tokens, heads, dimensions. */
  public static final String DEFAULT_ARRANGEMENT = "NHD";

  private final ElementType elementType;
  private final int blockTokens;
  private final int chunkTokens;
  private final int alignment;
  private final String arrangement;
  private final List<LayoutGroup> groups;

  private KvLayout(
      ElementType elementType,
      int blockTokens,
      int chunkTokens,
      int alignment,
      String arrangement,
      List<LayoutGroup> groups) {
    this.elementType = elementType;
    this.blockTokens = blockTokens;
    this.chunkTokens = chunkTokens;
    this.alignment = alignment;
    this.arrangement = arrangement;
    this.groups = List.copyOf(groups);
  }

  /**
   * Multi-head or grouped-query attention in every layer, parts {@code k} and {@code v}.
   *
   * @param layers number of layers
   * @param kvHeads K/V heads that this rank holds
   * @param headDim values per head
   * @param type number format
   */
  public static KvLayout attention(int layers, int kvHeads, int headDim, ElementType type) {
    int bytes = rowBytes("kvHeads x headDim", kvHeads, headDim, type);
    return builder()
        .elementType(type)
        .full(range("layers", layers), new LayoutPart("k", bytes), new LayoutPart("v", bytes))
        .build();
  }

  /**
   * Multi-head latent attention: one compressed row per token and layer, no separate K and V, part
   * {@code latent}.
   *
   * @param layers number of layers
   * @param latentDim values of the compressed K/V
   * @param ropeDim values of the shared rotary key
   * @param type number format
   */
  public static KvLayout mla(int layers, int latentDim, int ropeDim, ElementType type) {
    if (latentDim < 1 || ropeDim < 0) {
      throw new IllegalArgumentException(
          "latentDim " + latentDim + " and ropeDim " + ropeDim + ": they need 1 and 0 at least");
    }
    int bytes = rowBytes("latentDim + ropeDim", Math.addExact(latentDim, ropeDim), 1, type);
    return builder()
        .elementType(type)
        .full(range("layers", layers), new LayoutPart("latent", bytes))
        .build();
  }

  /** A layout put together by hand: hybrids, engines with parts of their own. */
  public static Builder builder() {
    return new Builder();
  }

  /** This layout with other chunk, block, alignment or arrangement settings. */
  public Builder toBuilder() {
    Builder copy = new Builder();
    copy.base = this;
    copy.groups.addAll(groups);
    return copy;
  }

  /** Number format, for the fingerprint. */
  public ElementType elementType() {
    return elementType;
  }

  /** Tokens of a block, the unit of hashing. */
  public int blockTokens() {
    return blockTokens;
  }

  /** Tokens of a chunk, the unit of storage; a multiple of {@link #blockTokens()}. */
  public int chunkTokens() {
    return chunkTokens;
  }

  /** Bytes to which headers, segments and slots are aligned; a power of two. */
  public int alignment() {
    return alignment;
  }

  /** The engine's inner order of a row, free text. */
  public String arrangement() {
    return arrangement;
  }

  /** The groups in declaration order; a group's number is its index here. */
  public List<LayoutGroup> groups() {
    return groups;
  }

  /** Number of the group that holds a layer. */
  public int groupOf(int layer) {
    for (int g = 0; g < groups.size(); g++) {
      if (groups.get(g).indexOf(layer) >= 0) {
        return g;
      }
    }
    throw new IllegalArgumentException("layer " + layer + " is not in the layout " + this);
  }

  /** Whether a cut needs a state, which exists only at some chunk boundaries. */
  public boolean hasState() {
    return groups.stream().anyMatch(g -> g.kind() == GroupKind.STATE);
  }

  /**
   * Bytes that one token adds to the {@link GroupKind#FULL} and {@link GroupKind#WINDOW} groups.
   */
  public long bytesPerToken() {
    return groups.stream()
        .filter(g -> g.kind() != GroupKind.STATE)
        .mapToLong(g -> g.layerBytes(1) * g.layerCount())
        .sum();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof KvLayout that
        && elementType == that.elementType
        && blockTokens == that.blockTokens
        && chunkTokens == that.chunkTokens
        && alignment == that.alignment
        && arrangement.equals(that.arrangement)
        && groups.equals(that.groups);
  }

  @Override
  public int hashCode() {
    return Objects.hash(elementType, blockTokens, chunkTokens, alignment, arrangement, groups);
  }

  @Override
  public String toString() {
    return "KvLayout["
        + elementType
        + ", "
        + chunkTokens
        + "-token chunks of "
        + blockTokens
        + "-token blocks, "
        + groups
        + "]";
  }

  private static int[] range(String name, int count) {
    if (count < 1 || count > LayoutGroup.MAX_LAYER + 1) {
      throw new IllegalArgumentException(
          name + " = " + count + ": from 1 to " + (LayoutGroup.MAX_LAYER + 1));
    }
    return IntStream.range(0, count).toArray();
  }

  private static int rowBytes(String name, int a, int b, ElementType type) {
    Objects.requireNonNull(type, "element type");
    long bytes = (long) a * b * type.bytes();
    if (a < 1 || b < 1 || bytes > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          name + " = " + a + " x " + b + ": a row has 1 to " + Integer.MAX_VALUE + " bytes");
    }
    return (int) bytes;
  }

  /** Puts a layout together; every setting at most once. Not thread-safe. */
  public static final class Builder {
    /** What holds for settings that are not made; null for the defaults. */
    private KvLayout base;

    private ElementType elementType;
    private int blockTokens;
    private int chunkTokens;
    private int alignment;
    private String arrangement;
    private final List<LayoutGroup> groups = new ArrayList<>();

    private Builder() {}

    /** Number format. Required. */
    public Builder elementType(ElementType type) {
      once("elementType", elementType != null);
      elementType = Objects.requireNonNull(type, "element type");
      return this;
    }

    /** Tokens of a block; default {@value KvLayout#DEFAULT_BLOCK_TOKENS}. */
    public Builder blockTokens(int tokens) {
      once("blockTokens", blockTokens != 0);
      blockTokens = positive("blockTokens", tokens);
      return this;
    }

    /** Tokens of a chunk; default {@value KvLayout#DEFAULT_CHUNK_TOKENS}. */
    public Builder chunkTokens(int tokens) {
      once("chunkTokens", chunkTokens != 0);
      chunkTokens = positive("chunkTokens", tokens);
      return this;
    }

    /** Alignment in bytes; default {@value KvLayout#DEFAULT_ALIGNMENT}. */
    public Builder alignment(int bytes) {
      once("alignment", alignment != 0);
      if (bytes < 4096 || bytes > 1 << 20 || Integer.bitCount(bytes) != 1) {
        throw new IllegalArgumentException(
            "alignment of " + bytes + " bytes: a power of two from 4096 to 1048576");
      }
      alignment = bytes;
      return this;
    }

    /** The engine's inner order of a row; default {@value KvLayout#DEFAULT_ARRANGEMENT}. */
    public Builder arrangement(String text) {
      once("arrangement", arrangement != null);
      arrangement = Objects.requireNonNull(text, "arrangement");
      return this;
    }

    /** Adds a group of layers that attend to everything. */
    public Builder full(int[] layers, LayoutPart... parts) {
      return add(GroupKind.FULL, 0, layers, parts);
    }

    /** Adds a group of layers that attend to the last {@code window} tokens, this one included. */
    public Builder window(int window, int[] layers, LayoutPart... parts) {
      return add(GroupKind.WINDOW, window, layers, parts);
    }

    /** Adds a group of layers that keep one state per sequence. */
    public Builder state(int[] layers, LayoutPart... parts) {
      return add(GroupKind.STATE, 0, layers, parts);
    }

    private Builder add(GroupKind kind, int window, int[] layers, LayoutPart... parts) {
      groups.add(new LayoutGroup(kind, window, layers, List.of(parts)));
      return this;
    }

    /** Checks the whole and builds it. */
    public KvLayout build() {
      ElementType type = elementType != null || base == null ? elementType : base.elementType;
      if (type == null) {
        throw new IllegalArgumentException("no element type: call elementType(...)");
      }
      if (groups.isEmpty()) {
        throw new IllegalArgumentException("no groups: call full(...), window(...) or state(...)");
      }
      int block = pick(blockTokens, base == null ? DEFAULT_BLOCK_TOKENS : base.blockTokens);
      int chunk = pick(chunkTokens, base == null ? DEFAULT_CHUNK_TOKENS : base.chunkTokens);
      if (chunk % block != 0) {
        throw new IllegalArgumentException(
            "chunkTokens = "
                + chunk
                + " is no multiple of blockTokens = "
                + block
                + ": a chunk's key is the hash of its last block");
      }
      Set<Integer> seen = new HashSet<>();
      for (LayoutGroup group : groups) {
        group
            .layers()
            .filter(layer -> !seen.add(layer))
            .findFirst()
            .ifPresent(
                layer -> {
                  throw new IllegalArgumentException(
                      "layer "
                          + layer
                          + " is declared twice: if it keeps rows of two kinds, number the second"
                          + " kind's layers from the model's layer count on");
                });
      }
      String order = base == null ? DEFAULT_ARRANGEMENT : base.arrangement;
      return new KvLayout(
          type,
          block,
          chunk,
          pick(alignment, base == null ? DEFAULT_ALIGNMENT : base.alignment),
          arrangement == null ? order : arrangement,
          groups);
    }

    private static int pick(int setting, int otherwise) {
      return setting == 0 ? otherwise : setting;
    }

    private static void once(String name, boolean set) {
      if (set) {
        throw new IllegalArgumentException(
            name + " is set twice: a layout has one; take the other call out");
      }
    }

    private static int positive(String name, int value) {
      if (value < 1 || value > MOST_CHUNK_TOKENS) {
        throw new IllegalArgumentException(
            name + " = " + value + ": from 1 to " + MOST_CHUNK_TOKENS);
      }
      return value;
    }
  }
}
