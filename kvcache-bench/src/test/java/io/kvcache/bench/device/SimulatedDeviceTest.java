package io.kvcache.bench.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kvcache.spi.DeviceMemory;
import io.kvcache.spi.DeviceMemoryContract;
import io.kvcache.spi.DeviceMemoryException;
import java.nio.ByteBuffer;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class SimulatedDeviceTest extends DeviceMemoryContract {
  private static final int MIB = 1 << 20;

  @Override
  protected DeviceMemory open() {
    return new SimulatedDevice(64 * MIB, 100e9, Duration.ofNanos(1_000));
  }

  private static double seconds(Copy copy) throws DeviceMemoryException {
    long start = System.nanoTime();
    copy.run();
    return (System.nanoTime() - start) / 1e9;
  }

  private interface Copy {
    void run() throws DeviceMemoryException;
  }

  @Test
  void aCopyTakesAsLongAsTheModelSays() throws DeviceMemoryException {
    SimulatedDevice device = new SimulatedDevice(MIB, 20 * MIB, Duration.ofMillis(20));
    long address = device.allocate(MIB);
    ByteBuffer host = ByteBuffer.allocateDirect(MIB);
    assertTrue(seconds(() -> device.copyIn(host, address)) >= 0.07);
    assertTrue(seconds(() -> device.copyOut(address, host)) >= 0.07);
  }

  @Test
  void copiesOfOneDirectionTakeTurnsAndTheirLatenciesDoNot() {
    DeviceLink link = new DeviceLink(1e9, 500);
    long now = System.nanoTime() + 1_000;
    assertEquals(now + 4_000 + 500, link.begin(now, 4_000));
    assertEquals(now + 6_000 + 500, link.begin(now, 2_000));
    assertEquals(
        now + 9_000 + 500, link.begin(now + 8_000, 1_000), "the link was idle for a while");
    assertEquals(3, link.copies());
    assertEquals(7_000, link.bytes());
  }

  @Test
  void theNthCopyFailsAndNoOther() throws DeviceMemoryException {
    SimulatedDevice device = new SimulatedDevice(MIB, 1e9, Duration.ZERO);
    long address = device.allocate(8);
    ByteBuffer host = ByteBuffer.allocateDirect(8);
    device.failNthCopy(2);
    device.copyIn(host, address);
    assertThrows(DeviceMemoryException.class, () -> device.copyOut(address, host));
    device.copyOut(address, host);
    SimulatedDevice.Stats stats = device.stats();
    assertEquals(1, stats.copiesIn());
    assertEquals(1, stats.copiesOut());
    assertEquals(1, stats.failed());
  }

  @Test
  void allocationsAreRefusedBeyondItsCapacityAndOnDemand() throws DeviceMemoryException {
    SimulatedDevice device = new SimulatedDevice(MIB, 1e9, Duration.ZERO);
    long address = device.allocate(MIB);
    assertThrows(DeviceMemoryException.class, () -> device.allocate(1));
    device.free(address);
    device.refuseAllocations(true);
    assertThrows(DeviceMemoryException.class, () -> device.allocate(1));
    assertEquals(new SimulatedDevice.Stats(0, 0, 2, 0, 0, 0, 0, 0, 0), device.stats());
  }

  @Test
  void itSaysThatItIsSimulatedAndHowFastItIs() {
    String text = new SimulatedDevice(MIB, 24e9, Duration.ofNanos(10_000)).toString();
    assertEquals("simulated device (1,048,576 bytes, 24.0 GB/s each way, 10 us a copy)", text);
  }

  @Test
  void aDeviceWithoutBandwidthIsRefused() {
    assertThrows(IllegalArgumentException.class, () -> new SimulatedDevice(1, 0, Duration.ZERO));
    assertThrows(IllegalArgumentException.class, () -> new SimulatedDevice(0, 1, Duration.ZERO));
  }
}
