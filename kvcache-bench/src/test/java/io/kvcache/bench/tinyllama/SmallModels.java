package io.kvcache.bench.tinyllama;

import io.kvcache.GroupKind;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;

/** Models of a few thousand weights, whose prefill of some chunks takes milliseconds. */
final class SmallModels {
  static final int WINDOW = 300;

  private SmallModels() {}

  static Stream<ModelShape> shapes() {
    return Stream.of(plain(), hybrid());
  }

  static ModelShape plain() {
    return small("small-plain", GroupKind.FULL, GroupKind.FULL);
  }

  static ModelShape hybrid() {
    return small("small-hybrid", GroupKind.WINDOW, GroupKind.FULL, GroupKind.STATE, GroupKind.FULL);
  }

  private static ModelShape small(String name, GroupKind... layers) {
    return new ModelShape(name, List.of(layers), 32, 4, 2, 8, 64, 128, WINDOW);
  }

  static int[] prompt(ModelShape shape, long seed, int tokens) {
    return new SplittableRandom(seed).ints(tokens, 0, shape.vocab()).toArray();
  }

  /** Logits as bits: equal only if every one of them is the same float. */
  static int[] bits(float[] logits) {
    int[] bits = new int[logits.length];
    Arrays.setAll(bits, i -> Float.floatToRawIntBits(logits[i]));
    return bits;
  }
}
