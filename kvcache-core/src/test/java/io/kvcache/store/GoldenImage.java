package io.kvcache.store;

import io.kvcache.ChunkKey;
import io.kvcache.ElementType;
import io.kvcache.KvLayout;
import io.kvcache.KvScope;
import io.kvcache.LayoutGroup;
import io.kvcache.LayoutPart;
import io.kvcache.ModelFingerprint;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * What the golden files hold: one chunk of a layout with a group of each kind. Its directory is a
 * whole store. Byte i of part p of layer l is {@code 31 l + 17 p + 7 i}.
 */
final class GoldenImage {
  static final KvLayout LAYOUT =
      KvLayout.builder()
          .elementType(ElementType.F16)
          .blockTokens(4)
          .chunkTokens(16)
          .full(new int[] {0, 5}, new LayoutPart("k", 200), new LayoutPart("v", 120))
          .window(20, new int[] {1}, new LayoutPart("k", 16), new LayoutPart("v", 24))
          .state(new int[] {2, 65535}, new LayoutPart("s", 1000), new LayoutPart("conv", 12))
          .build();
  static final ModelFingerprint MODEL =
      ModelFingerprint.of("golden/model v1", "ab".repeat(32), "cd".repeat(32));
  static final Namespace NAMESPACE = new Namespace(MODEL, LAYOUT, "vllm-none-hash", 1, 2);
  static final StoredChunk CHUNK =
      new StoredChunk(counting(0x40), counting(0x80), 3, KvScope.of("tenant-7").digest());
  static final long CREATED = 1_767_225_600_000L; // 2026-01-01T00:00:00Z

  static final String CONFIG_FILE = "golden_model_v1_085b51b25f27/config.json";
  private static final String IMAGE_FILES =
      "golden_model_v1_085b51b25f27_r1/404/"
          + "404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f-3.g";

  private GoldenImage() {}

  private static ChunkKey counting(int from) {
    byte[] bytes = new byte[ChunkKey.BYTES];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) (from + i);
    }
    return ChunkKey.of(bytes, 0);
  }

  static String imageFile(int group) {
    return IMAGE_FILES + group;
  }

  static byte[] resource(String name) {
    try (InputStream in = GoldenImage.class.getResourceAsStream("/golden/v1/" + name)) {
      if (in == null) {
        throw new AssertionError("no golden file " + name);
      }
      return in.readAllBytes();
    } catch (IOException e) {
      throw new AssertionError(name, e);
    }
  }

  /** The golden image in an aligned slot. */
  static ByteBuffer image(int group) {
    byte[] bytes = resource(imageFile(group));
    return slot(bytes.length, 0).put(0, bytes);
  }

  /** An aligned slot, full of some former image's bytes. */
  static ByteBuffer slot(int bytes, int former) {
    ByteBuffer slot =
        ByteBuffer.allocateDirect(bytes + 4096)
            .alignedSlice(4096)
            .slice(0, bytes)
            .order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < bytes; i++) {
      slot.put(i, (byte) former);
    }
    return slot;
  }

  /** Fills the parts of a slot as an engine would. */
  static void fill(ByteBuffer slot, Namespace namespace, int groupNumber) {
    ImageDescriptor image = namespace.image(groupNumber);
    LayoutGroup group = image.group();
    for (int l = 0; l < group.layerCount(); l++) {
      for (int p = 0; p < group.parts().size(); p++) {
        int from = image.partOffset(l, p);
        for (int i = 0; i < image.partBytes(p); i++) {
          slot.put(from + i, (byte) (31 * group.layer(l) + 17 * p + 7 * i));
        }
      }
    }
  }
}
