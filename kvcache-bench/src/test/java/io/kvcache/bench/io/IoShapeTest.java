package io.kvcache.bench.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kvcache.store.ImageDescriptor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class IoShapeTest {
  @ParameterizedTest
  @ValueSource(longs = {8192, 12_288, 1 << 20, 4 << 20, 80 << 20, (1 << 20) + 4096, 1 << 30})
  void theLayoutsImagesHaveThatSizeToTheByte(long bytes) {
    IoShape shape = new IoShape(bytes, 1, 1);
    ImageDescriptor image = new ImageDescriptor(shape.layout(), 0);
    assertEquals(bytes, image.imageBytes());
    assertEquals(bytes - image.headerBytes(), image.partBytes(0), "all of it is payload");
  }

  @ParameterizedTest
  @CsvSource({
    "0, 1, 1, images of 0 bytes",
    "4096, 1, 1, images of 4096 bytes",
    "-8192, 1, 1, images of -8192 bytes",
    "10000, 1, 1, a multiple of 4096",
    "1073745920, 1, 1, to 1073741824",
    "8192, 0, 1, 0 images",
    "8192, 10000001, 1, to 10000000",
    "8192, 1, 0, 0 threads: from 1 to 512",
    "8192, 1, 513, 513 threads",
  })
  void whatCannotBeMeasuredIsRefused(long bytes, int images, int threads, String why) {
    String message =
        assertThrows(IllegalArgumentException.class, () -> new IoShape(bytes, images, threads))
            .getMessage();
    assertTrue(message.contains(why), message);
  }

  @Test
  void threadsBeyondTheImagesHaveNothingToDo() {
    assertEquals(3, new IoShape(8192, 3, 8).busyThreads());
    assertEquals(8, new IoShape(8192, 9, 8).busyThreads());
  }
}
