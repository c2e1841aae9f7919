package io.kvcache.spi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What every {@link DeviceMemory} keeps; inherit it and say how one is opened. */
public abstract class DeviceMemoryContract {
  private static final int ALIGNMENT = 256;
  private static final byte MARK = 0x3C;

  private final List<Long> allocated = new ArrayList<>();
  private DeviceMemory device;

  /** Opens what is tested: a device with 16 MiB to give at least. */
  protected abstract DeviceMemory open() throws Exception;

  @BeforeEach
  void openIt() throws Exception {
    device = open();
  }

  @AfterEach
  void giveBack() {
    allocated.forEach(device::free);
  }

  private long allocate(long bytes) throws DeviceMemoryException {
    long address = device.allocate(bytes);
    allocated.add(address);
    return address;
  }

  private static ByteBuffer buffer(int bytes) {
    return ByteBuffer.allocateDirect(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  private static ByteBuffer random(int bytes, long seed) {
    byte[] content = new byte[bytes];
    new SplittableRandom(seed).nextBytes(content);
    return buffer(bytes).put(content).flip();
  }

  private static ByteBuffer marked(int bytes) {
    ByteBuffer buffer = buffer(bytes);
    while (buffer.hasRemaining()) {
      buffer.put(MARK);
    }
    return buffer.flip();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 7, 256, 4_096, 4_097, 1 << 20})
  void whatIsCopiedInComesOut(int bytes) throws DeviceMemoryException {
    long address = allocate(bytes);
    ByteBuffer in = random(bytes, bytes);
    ByteBuffer out = buffer(bytes);
    device.copyIn(in, address);
    device.copyOut(address, out);
    assertEquals(in, out);
  }

  @Test
  void addressesAreAlignedAndNeverZero() throws DeviceMemoryException {
    for (int bytes : new int[] {1, 255, 256, 257, 100_000}) {
      long address = allocate(bytes);
      assertNotEquals(0, address);
      assertEquals(0, address % ALIGNMENT, "address " + address + " of " + bytes + " bytes");
    }
  }

  @Test
  void allocationsDoNotOverlap() throws DeviceMemoryException {
    List<ByteBuffer> contents = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      ByteBuffer content = random(1 + 999 * i, i);
      contents.add(content);
      device.copyIn(content, allocate(content.remaining()));
    }
    for (int i = 0; i < contents.size(); i++) {
      ByteBuffer out = buffer(contents.get(i).remaining());
      device.copyOut(allocated.get(i), out);
      assertEquals(contents.get(i), out, "allocation " + i);
    }
  }

  @Test
  void placesWithinAnAllocationAreReachedByAddingBytes() throws DeviceMemoryException {
    long address = allocate(10_000);
    device.copyIn(marked(10_000), address);
    ByteBuffer piece = random(777, 3);
    device.copyIn(piece, address + 4_321);

    ByteBuffer all = buffer(10_000);
    device.copyOut(address, all);
    ByteBuffer expected = marked(10_000).put(4_321, piece, 0, 777);
    assertEquals(expected, all);
    ByteBuffer out = buffer(777);
    device.copyOut(address + 4_321, out);
    assertEquals(piece, out);
  }

  @Test
  void aCopyMovesWhatIsBetweenPositionAndLimitAndLeavesBothAsTheyAre()
      throws DeviceMemoryException {
    long address = allocate(1_000);
    device.copyIn(marked(1_000), address);
    ByteBuffer in = random(1_000, 5).position(100).limit(300);
    device.copyIn(in, address);
    assertEquals(100, in.position());
    assertEquals(300, in.limit());

    ByteBuffer out = marked(1_000).position(50).limit(350);
    device.copyOut(address, out);
    assertEquals(50, out.position());
    assertEquals(350, out.limit());
    ByteBuffer expected = marked(1_000).put(50, in, 100, 200);
    assertEquals(expected, out.clear());
  }

  @Test
  void aSourceMayBeReadOnlyAndACopyEmpty() throws DeviceMemoryException {
    long address = allocate(64);
    ByteBuffer in = random(64, 6);
    device.copyIn(in.asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN), address);
    device.copyIn(buffer(0), address);
    ByteBuffer out = buffer(64);
    device.copyOut(address, out);
    device.copyOut(address, buffer(0));
    assertEquals(in, out);
  }

  @Test
  void moreThanThereIsIsRefusedAndTheRestStillThere() throws DeviceMemoryException {
    DeviceMemoryException refused =
        assertThrows(DeviceMemoryException.class, () -> allocate(1L << 50));
    assertTrue(refused.getMessage().contains(String.valueOf(1L << 50)), refused.getMessage());
    allocate(1 << 20);
  }

  @Test
  void whatIsFreedCanBeHadAgain() throws DeviceMemoryException {
    for (int i = 0; i < 200; i++) {
      long address = device.allocate(1 << 20);
      device.copyIn(random(16, i), address);
      device.free(address);
    }
  }

  @Test
  void copiesOfManyThreadsDoNotMix() throws Exception {
    int threads = 8;
    int bytes = 50_000;
    long address = allocate((long) threads * bytes);
    ExecutorService pool = Executors.newFixedThreadPool(threads);
    try {
      List<Future<?>> ends = new ArrayList<>();
      for (int t = 0; t < threads; t++) {
        long mine = address + (long) t * bytes;
        int first = 1_000 * t;
        ends.add(
            pool.submit(
                () -> {
                  for (int i = 0; i < 20; i++) {
                    ByteBuffer in = random(bytes, first + i);
                    ByteBuffer out = buffer(bytes);
                    device.copyIn(in, mine);
                    device.copyOut(mine, out);
                    assertEquals(in, out);
                  }
                  return null;
                }));
      }
      for (Future<?> end : ends) {
        end.get();
      }
    } finally {
      pool.shutdown();
    }
  }

  @Test
  void theStreamIsAlwaysTheSame() {
    assertEquals(device.stream(), device.stream());
  }
}
