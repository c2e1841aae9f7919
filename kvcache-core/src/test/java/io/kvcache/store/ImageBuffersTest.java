package io.kvcache.store;

import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ImageBuffersTest {
  private static final int SMALL = 4096;
  private static final int LARGE = 1 << 20;

  private final ImageBuffers buffers = new ImageBuffers(3);
  private final Set<ByteBuffer> made = Collections.newSetFromMap(new IdentityHashMap<>());

  private ByteBuffer take(int bytes) {
    ByteBuffer buffer = buffers.take(bytes);
    assertTrue(buffer.capacity() >= bytes);
    made.add(buffer);
    return buffer;
  }

  @Test
  void imagesOfTwoSizesInTurnNeedOneBufferOfEach() {
    for (int i = 0; i < 100; i++) {
      buffers.give(take(i % 2 == 0 ? LARGE : SMALL));
    }
    assertTrue(made.size() <= 2, made.size() + " were made");
  }

  @Test
  void theSmallestThatWillDoIsTaken() {
    ByteBuffer small = take(SMALL);
    ByteBuffer large = take(LARGE);
    buffers.give(large);
    buffers.give(small);
    assertSame(small, take(SMALL));
    assertSame(large, take(LARGE));
  }

  @Test
  void thereAreNeverMoreThanSoManyAndTheLargeOnesStay() {
    List<ByteBuffer> first = List.of(take(SMALL), take(SMALL), take(SMALL));
    first.forEach(buffers::give);
    List<ByteBuffer> large = List.of(take(LARGE), take(LARGE), take(LARGE));
    large.forEach(buffers::give);
    List<ByteBuffer> again = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      again.add(take(SMALL));
    }
    for (ByteBuffer buffer : again) {
      assertTrue(large.stream().anyMatch(other -> other == buffer), "a small one was kept too");
    }
    ByteBuffer more = take(SMALL);
    assertNotSame(large.get(0), more);
    buffers.give(more);
    again.forEach(buffers::give);
  }
}
