package io.kvcache.bench.tinyllama;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kvcache.GroupKind;
import io.kvcache.KvLayout;
import io.kvcache.LayoutGroup;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The glue between engine and cache, with nothing in between: rows copied by hand. */
class RankRowsTest {
  private static final int CHUNK = KvLayout.DEFAULT_CHUNK_TOKENS;
  private static final int CUT = 3 * CHUNK;
  private static final int TOKENS = CUT + 20;

  @ParameterizedTest
  @CsvSource({"false, 1", "false, 2", "true, 1", "true, 2"})
  void shouldComputeTheSameBitsOnCopiedRows(boolean hybrid, int world) {
    ModelShape shape = hybrid ? SmallModels.hybrid() : SmallModels.plain();
    TinyLlama model = new TinyLlama(shape, 5);
    int[] prompt = SmallModels.prompt(shape, 5, TOKENS);
    KvMemory computed = new KvMemory(shape, TOKENS);
    float[] expected = model.forward(computed, prompt, TOKENS, CUT);

    KvMemory restored = poisoned(shape);
    for (int rank = 0; rank < world; rank++) {
      copyCut(shape.layout(world), computed, restored, rank, world);
    }
    restored.resumeAt(CUT);
    float[] actual = model.forward(restored, prompt, TOKENS);
    assertArrayEquals(SmallModels.bits(expected), SmallModels.bits(actual));
  }

  @Test
  void shouldSayWhichRowsItLacksAfterAWindowWasRestored() {
    ModelShape shape = SmallModels.hybrid();
    TinyLlama model = new TinyLlama(shape, 5);
    KvMemory computed = new KvMemory(shape, TOKENS);
    model.forward(computed, SmallModels.prompt(shape, 5, TOKENS), TOKENS, CUT);
    KvMemory restored = poisoned(shape);
    copyCut(shape.layout(1), computed, restored, 0, 1);
    restored.resumeAt(CUT);

    RankRows rows = new RankRows(restored, 0, 1);
    int window = shape.layers().indexOf(GroupKind.WINDOW);
    int state = shape.layers().indexOf(GroupKind.STATE);
    ByteBuffer some = buffer(CHUNK * shape.kvDim() * Float.BYTES);
    assertFalse(rows.read(window, 0, 0, CHUNK, some), "older than the window");
    assertTrue(rows.read(window, 0, CHUNK, CHUNK, some));
    ByteBuffer one = buffer(shape.stateSize() * Float.BYTES);
    assertFalse(rows.read(state, 0, 0, CHUNK, one), "no state was saved there");
    assertTrue(rows.read(state, 0, CUT - CHUNK, CHUNK, one));
  }

  @Test
  void shouldForgetWhatLiesBeyondTheCut() {
    ModelShape shape = SmallModels.hybrid();
    TinyLlama model = new TinyLlama(shape, 5);
    KvMemory memory = new KvMemory(shape, TOKENS);
    int[] prompt = SmallModels.prompt(shape, 5, TOKENS);
    float[] expected = model.forward(memory, prompt, TOKENS, CHUNK, CUT);

    memory.resumeAt(CHUNK);
    ByteBuffer rows = buffer(CHUNK * shape.kvDim() * Float.BYTES);
    assertFalse(new RankRows(memory, 0, 1).read(0, 0, CHUNK, CHUNK, rows));
    assertThrows(IllegalStateException.class, () -> memory.resumeAt(CUT), "its state is gone");
    assertArrayEquals(
        SmallModels.bits(expected), SmallModels.bits(model.forward(memory, prompt, TOKENS)));
  }

  /** A memory in which everything that is not restored shows in the logits if it is touched. */
  private static KvMemory poisoned(ModelShape shape) {
    KvMemory memory = new KvMemory(shape, TOKENS);
    for (int layer = 0; layer < shape.layers().size(); layer++) {
      Arrays.fill(memory.layer(layer).k, Float.NaN);
      Arrays.fill(memory.layer(layer).v, Float.NaN);
      Arrays.fill(memory.layer(layer).state, Float.NaN);
    }
    return memory;
  }

  /** Copies what a cut at {@link #CUT} needs: all full rows, the last window's, one state. */
  private static void copyCut(KvLayout layout, KvMemory from, KvMemory to, int rank, int world) {
    RankRows source = new RankRows(from, rank, world);
    RankRows sink = new RankRows(to, rank, world);
    for (LayoutGroup group : layout.groups()) {
      for (int start = 0; start < CUT; start += CHUNK) {
        if (needed(group, start)) {
          for (int layer : group.layers().toArray()) {
            for (int part = 0; part < group.parts().size(); part++) {
              int rows = group.rows(CHUNK);
              ByteBuffer copy = buffer(group.parts().get(part).bytes() * rows);
              assertTrue(source.read(layer, part, start, CHUNK, copy));
              sink.write(layer, part, start, CHUNK, copy.rewind());
            }
          }
        }
      }
    }
  }

  private static boolean needed(LayoutGroup group, int start) {
    return switch (group.kind()) {
      case FULL -> true;
      case WINDOW -> start + CHUNK - 1 > CUT - group.window();
      case STATE -> start + CHUNK == CUT;
    };
  }

  private static ByteBuffer buffer(int bytes) {
    return ByteBuffer.allocateDirect(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  @Test
  void shouldNeedTwoChunksOfAWindowThatIsLongerThanOne() {
    assertEquals(300, SmallModels.WINDOW);
    LayoutGroup window = SmallModels.hybrid().layout(1).groups().get(1);
    assertFalse(needed(window, 0));
    assertTrue(needed(window, CHUNK));
  }
}
