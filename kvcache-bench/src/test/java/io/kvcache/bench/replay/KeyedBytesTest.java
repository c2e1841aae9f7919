package io.kvcache.bench.replay;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kvcache.ChunkKey;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class KeyedBytesTest {
  private static final ChunkKey KEY = ChunkKey.parse("ab".repeat(32));

  @ParameterizedTest
  @ValueSource(ints = {1, 7, 8, 9, 64, 1003})
  void everyWrongByteIsCountedOnce(int size) {
    ByteBuffer rows = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    KeyedBytes.fill(KEY, rows);
    assertEquals(0, KeyedBytes.wrong(KEY, rows.flip()));
    for (int i = 0; i < size; i++) {
      rows.put(i, (byte) (rows.get(i) ^ 0x10));
      assertEquals(i + 1, KeyedBytes.wrong(KEY, rows.rewind()), "bytes 0 to " + i + " are wrong");
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 8, 16, 31})
  void keysThatDifferAnywhereGiveOtherBytes(int place) {
    byte[] other = KEY.toBytes();
    other[place]++;
    ByteBuffer rows = ByteBuffer.allocate(4096).order(ByteOrder.LITTLE_ENDIAN);
    KeyedBytes.fill(ChunkKey.of(other, 0), rows);
    assertTrue(KeyedBytes.wrong(KEY, rows.flip()) > 4000);
  }
}
