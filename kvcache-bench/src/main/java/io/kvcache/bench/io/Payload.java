package io.kvcache.bench.io;

import java.nio.ByteBuffer;
import java.util.SplittableRandom;

/**
 * The bytes of images: the same random ones in each, and in every page a stamp that says which page
 * of which image of which pass it is. So a slot is made ready for another image by little more than
 * the pages' first lines, and no page can be taken for another. The first page is the header's, and
 * left alone.
 *
 * <p>Immutable and thread-safe.
 */
final class Payload {
  private static final int PAGE = IoShape.PAGE_BYTES;

  private static final byte[] NOTHING = new byte[PAGE];

  /** Random bytes, again and again: what is as long as an image would not stay in a cache. */
  private static final int PATTERN_BYTES = 256 * PAGE;

  private final int imageBytes;
  private final ByteBuffer pattern = ByteBuffer.allocate(PATTERN_BYTES);

  Payload(int imageBytes) {
    this.imageBytes = imageBytes;
    SplittableRandom random = new SplittableRandom(imageBytes);
    while (pattern.hasRemaining()) {
      pattern.putLong(random.nextLong());
    }
    pattern.clear();
  }

  /** Gives a slot everything but the stamps. */
  void fill(ByteBuffer slot) {
    for (int at = 0; at < imageBytes; at += PATTERN_BYTES) {
      slot.put(at, pattern, 0, Math.min(PATTERN_BYTES, imageBytes - at));
    }
  }

  /** Leaves nothing in a slot that could be taken for an image. */
  void erase(ByteBuffer slot) {
    for (int at = 0; at < imageBytes; at += PAGE) {
      slot.put(at, NOTHING);
    }
  }

  /** Turns a slot that was filled, or read into, into that image. */
  void stamp(ByteBuffer slot, int pass, int image) {
    for (int at = PAGE; at < imageBytes; at += PAGE) {
      slot.putLong(at, stamp(pass, image, at));
    }
  }

  /** Whether the slot holds that image, every byte of it. */
  boolean isIn(ByteBuffer slot, int pass, int image) {
    for (int at = PAGE; at < imageBytes; at += PAGE) {
      int behind = at + Long.BYTES;
      int length = PAGE - Long.BYTES;
      if (slot.getLong(at) != stamp(pass, image, at)
          || slot.slice(behind, length).mismatch(pattern.slice(behind % PATTERN_BYTES, length))
              >= 0) {
        return false;
      }
    }
    return true;
  }

  private static long stamp(int pass, int image, int at) {
    return (((long) pass << Integer.SIZE | image) + at) * 0x9E3779B97F4A7C15L;
  }
}
