package io.kvcache.store;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.kvcache.GroupKind;
import io.kvcache.KvLayout;
import io.kvcache.LayoutGroup;
import io.kvcache.ModelFingerprint;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/**
 * Everything but the tokens and their scope that makes bytes what they are: model, layout, hash
 * seed, format version and world, hashed into the fingerprint, with this process's rank beside it.
 * One namespace is one directory per rank. Immutable.
 *
 * <p>The fingerprint is the SHA-256 of config.json: UTF-8, no white space, keys sorted, no nulls.
 */
public final class Namespace {
  private static final Pattern UNSAFE = Pattern.compile("[^A-Za-z0-9._-]");
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS);

  private final KvLayout layout;
  private final int rank;
  private final int world;
  private final byte[] config;
  private final byte[] fingerprint;
  private final String name;
  private final List<ImageDescriptor> images;

  /**
   * @param model which model made the bytes
   * @param layout what this rank holds
   * @param hashSeed seed of the key chain
   * @param rank this process's rank, from 0
   * @param world number of ranks
   */
  public Namespace(ModelFingerprint model, KvLayout layout, String hashSeed, int rank, int world) {
    if (world < 1 || rank < 0 || rank >= world) {
      throw new IllegalArgumentException(
          "shard " + rank + " of " + world + ": the rank is from 0 to world - 1");
    }
    this.layout = layout;
    this.rank = rank;
    this.world = world;
    this.config = config(model, layout, hashSeed, world);
    this.fingerprint = sha256(config);
    this.name =
        UNSAFE.matcher(model.model()).replaceAll("_")
            + "_"
            + HexFormat.of().formatHex(fingerprint, 0, 6);
    List<ImageDescriptor> descriptors = new ArrayList<>();
    for (int g = 0; g < layout.groups().size(); g++) {
      descriptors.add(new ImageDescriptor(layout, g));
    }
    this.images = List.copyOf(descriptors);
  }

  /** What a rank holds. */
  public KvLayout layout() {
    return layout;
  }

  /** This process's rank. */
  public int rank() {
    return rank;
  }

  /** Number of ranks. */
  public int world() {
    return world;
  }

  /** Images of the group with that number. */
  public ImageDescriptor image(int group) {
    return images.get(group);
  }

  /** Numbers of the groups whose images every chunk of a prefix must have, ascending. */
  public int[] fullGroups() {
    return IntStream.range(0, layout.groups().size())
        .filter(g -> layout.groups().get(g).kind() == GroupKind.FULL)
        .toArray();
  }

  /** Bytes of one chunk's images of every group. */
  public long chunkBytes() {
    return images.stream().mapToLong(ImageDescriptor::imageBytes).sum();
  }

  /** Bytes of the largest of a chunk's images. */
  public int largestImageBytes() {
    return images.stream().mapToInt(ImageDescriptor::imageBytes).max().orElseThrow();
  }

  /** The bytes of config.json; a copy. */
  public byte[] config() {
    return config.clone();
  }

  /** SHA-256 of {@link #config()}; not to be changed. */
  byte[] fingerprint() {
    return fingerprint;
  }

  /** {@link #fingerprint()} as 64 hex digits. */
  public String fingerprintHex() {
    return HexFormat.of().formatHex(fingerprint);
  }

  /** Directory, below the root, that holds config.json. */
  Path configDirectory() {
    return Path.of(name);
  }

  /** Directory, below the root, that holds this rank's images. */
  Path imageDirectory() {
    return Path.of(name + "_r" + rank);
  }

  @Override
  public String toString() {
    return imageDirectory().toString();
  }

  private static byte[] config(
      ModelFingerprint model, KvLayout layout, String hashSeed, int world) {
    Map<String, Object> config = new TreeMap<>();
    config.put("alignment", layout.alignment());
    config.put("arrangement", layout.arrangement());
    config.put("block_tokens", layout.blockTokens());
    config.put("chunk_tokens", layout.chunkTokens());
    config.put("element_type", layout.elementType().name());
    config.put("format_version", ImageDescriptor.FORMAT_VERSION);
    config.put("groups", layout.groups().stream().map(Namespace::groupConfig).toList());
    config.put("hash_seed", hashSeed);
    config.put("model", model.model());
    config.put("tokenizer", model.tokenizerSha256());
    config.put("weights", model.weightsSha256());
    config.put("world", world);
    try {
      return JSON.writeValueAsString(config).getBytes(StandardCharsets.UTF_8);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("config.json of " + model, e);
    }
  }

  private static Map<String, Object> groupConfig(LayoutGroup group) {
    Map<String, Object> config = new TreeMap<>();
    config.put("kind", group.kind().label());
    config.put("layers", group.layers().boxed().toList());
    config.put(
        "parts",
        group.parts().stream()
            .map(
                part ->
                    new TreeMap<String, Object>(Map.of("bytes", part.bytes(), "name", part.name())))
            .toList());
    if (group.kind() == GroupKind.WINDOW) {
      config.put("window", group.window());
    }
    return config;
  }

  static byte[] sha256(byte[] bytes) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(bytes);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
