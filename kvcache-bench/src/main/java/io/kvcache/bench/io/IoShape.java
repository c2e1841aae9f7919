package io.kvcache.bench.io;

import io.kvcache.ElementType;
import io.kvcache.KvLayout;
import io.kvcache.LayoutPart;
import io.kvcache.store.ImageDescriptor;

/**
 * What one run reads and writes, on every side.
 *
 * @param imageBytes bytes of an image, and so of a file
 * @param images how many there are
 * @param threads how many are under way at once
 */
public record IoShape(long imageBytes, int images, int threads) {
  /** Every image begins with one page of header, and ends on a page. */
  public static final int PAGE_BYTES = KvLayout.DEFAULT_ALIGNMENT;

  /** Half of what a store may have. */
  public static final int MOST_THREADS = 512;

  /** Tokens of a chunk; the fewer, the sooner keys are hashed. */
  private static final int CHUNK_TOKENS = KvLayout.DEFAULT_BLOCK_TOKENS;

  private static final int MOST_IMAGES = 10_000_000;

  /** Checks the settings; the messages name what is wrong and what is right. */
  public IoShape {
    if (imageBytes % PAGE_BYTES != 0
        || imageBytes < 2 * PAGE_BYTES
        || imageBytes > ImageDescriptor.MAX_IMAGE_BYTES) {
      throw new IllegalArgumentException(
          String.format(
              "images of %d bytes: a multiple of %d from %d to %d, a page of header included",
              imageBytes, PAGE_BYTES, 2 * PAGE_BYTES, ImageDescriptor.MAX_IMAGE_BYTES));
    }
    if (images < 1 || images > MOST_IMAGES) {
      throw new IllegalArgumentException(images + " images: from 1 to " + MOST_IMAGES);
    }
    if (threads < 1 || threads > MOST_THREADS) {
      throw new IllegalArgumentException(threads + " threads: from 1 to " + MOST_THREADS);
    }
  }

  /** Bytes of all images. */
  public long totalBytes() {
    return imageBytes * images;
  }

  /** The same as the size of a slot. */
  int slotBytes() {
    return (int) imageBytes;
  }

  /** Threads that have something to do. */
  int busyThreads() {
    return Math.min(threads, images);
  }

  /** Tokens of a prompt with a chunk for every image. */
  int tokens() {
    return images * CHUNK_TOKENS;
  }

  /** The layout whose images have that size to the byte: one layer of one part. */
  KvLayout layout() {
    return KvLayout.builder()
        .elementType(ElementType.BF16)
        .chunkTokens(CHUNK_TOKENS)
        .full(new int[] {0}, new LayoutPart("kv", (slotBytes() - PAGE_BYTES) / CHUNK_TOKENS))
        .build();
  }
}
