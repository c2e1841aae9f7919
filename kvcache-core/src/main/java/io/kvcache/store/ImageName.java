package io.kvcache.store;

import io.kvcache.ChunkKey;
import java.nio.file.Path;

/**
 * Reads the names that {@link ImagePath} writes. Whatever is not spelled exactly so is somebody
 * else's, and left alone. Holds the parts of the last name that was read, since a scan reads
 * millions: one for each scan, not thread-safe.
 */
final class ImageName {
  private static final int KEY_DIGITS = 2 * ChunkKey.BYTES;
  private static final int MOST_DIGITS = 9;

  /** The last 64 bits of the key. */
  long keyBits;

  /** The chunk's place in its prompt. */
  int index;

  /** Which of the chunk's images. */
  int group;

  /** Whether it is the name of a published image. */
  boolean isImage(String name) {
    return parse(name, 0, name.length());
  }

  /** The owner's token if it is the name of an image being written, else null. */
  String ownerOfTemporary(String name) {
    int dot = name.length() - OwnerToken.LENGTH - 1;
    return dot > 0
            && name.charAt(0) == '.'
            && name.charAt(dot) == '.'
            && OwnerToken.is(name.substring(dot + 1))
            && parse(name, 1, dot)
        ? name.substring(dot + 1)
        : null;
  }

  /** Where the published image of that name lives. */
  static ImagePath path(Path namespace, String name) {
    ImageName parts = new ImageName();
    if (!parts.isImage(name)) {
      throw new IllegalArgumentException(name + " is no image");
    }
    return new ImagePath(
        namespace, ChunkKey.parse(name.substring(0, KEY_DIGITS)), parts.index, parts.group);
  }

  private boolean parse(String name, int from, int to) {
    int dash = from + KEY_DIGITS;
    if (to < dash + 5 || name.charAt(dash) != '-') {
      return false;
    }
    long bits = 0;
    for (int i = from; i < dash; i++) {
      int digit = hexDigit(name.charAt(i));
      if (digit < 0) {
        return false;
      }
      bits = bits << 4 | digit;
    }
    int dot = name.indexOf('.', dash);
    if (dot < 0 || dot + 2 >= to || name.charAt(dot + 1) != 'g') {
      return false;
    }
    keyBits = bits;
    index = number(name, dash + 1, dot);
    group = number(name, dot + 2, to);
    return index >= 0 && group >= 0;
  }

  private static int number(String name, int from, int to) {
    if (from >= to || to - from > MOST_DIGITS || (name.charAt(from) == '0' && to - from > 1)) {
      return -1;
    }
    int value = 0;
    for (int i = from; i < to; i++) {
      char c = name.charAt(i);
      if (c < '0' || c > '9') {
        return -1;
      }
      value = 10 * value + c - '0';
    }
    return value;
  }

  private static int hexDigit(char c) {
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
  }
}
