package io.kvcache.lustre;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the client's files say is known, what they do not say is not, and nothing fails. */
class LustreSysfsTest {
  private static final Path KV = Path.of("/mnt/lustre/kv");

  @TempDir Path root;

  @BeforeEach
  void mounted() throws IOException {
    put(
        "proc/self/mountinfo",
        "40 22 0:35 / /mnt/lustre rw - lustre 10.0.0.1@tcp:/lfs01/sub rw,flock\n");
  }

  private void put(String file, String text) throws IOException {
    Path path = root.resolve(file);
    Files.createDirectories(path.getParent());
    Files.writeString(path, text);
  }

  private LustreTunables read() {
    return new LustreSysfs(root).read(KV);
  }

  @Test
  void aClientOfTodayIsReadWhole() throws IOException {
    put("sys/fs/lustre/version", "2.17.57\n");
    put("sys/fs/lustre/llite/lfs01-ffff9c/parallel_dio", "1\n");
    put("sys/fs/lustre/llite/lfs01-ffff9c/unaligned_dio", "1\n");
    put("sys/fs/lustre/llite/lfs01-ffff9c/hybrid_io", "0\n");
    put("sys/fs/lustre/osc/lfs01-OST0000-osc-ffff9c/max_pages_per_rpc", "4096\n");
    put("sys/fs/lustre/osc/lfs01-OST0001-osc-ffff9c/max_pages_per_rpc", "1024\n");
    put("sys/fs/lustre/osc/lfs01-OST0001-osc-ffff9c/max_rpcs_in_flight", "8\n");
    LustreTunables tunables = read();
    assertEquals(Optional.of(new LustreVersion(2, 17, 57)), tunables.version());
    assertEquals(Optional.of("lfs01"), tunables.filesystem());
    assertEquals(Optional.of(true), tunables.parallelDirect());
    assertEquals(Optional.of(true), tunables.unalignedDirect());
    assertEquals(Optional.of(false), tunables.hybrid());
    assertEquals(OptionalInt.of(1024), tunables.pagesPerRpc());
    assertEquals(4 << 20, tunables.rpcBytes(4096));
    assertEquals(64 << 20, tunables.rpcBytes(65_536));
    assertEquals(OptionalInt.of(8), tunables.rpcsInFlight());
    assertTrue(tunables.wholeImages());
  }

  @Test
  void anOldClientHasFewerFilesElsewhere() throws IOException {
    put("proc/fs/lustre/version", "lustre: 2.10.8\nkernel: patchless_client\n");
    put("proc/fs/lustre/osc/lfs01-OST0000-osc-ffff9c/max_pages_per_rpc", "256\n");
    LustreTunables tunables = read();
    assertEquals(Optional.of(new LustreVersion(2, 10, 8)), tunables.version());
    assertEquals(Optional.empty(), tunables.parallelDirect());
    assertEquals(OptionalInt.of(256), tunables.pagesPerRpc());
    assertFalse(tunables.wholeImages());
  }

  @Test
  void imagesAreCutWhereOneCallSendsOneRequestAtATime() throws IOException {
    put("sys/fs/lustre/version", "2.14.0\n");
    assertFalse(read().wholeImages());
    put("sys/fs/lustre/version", "2.15.0\n");
    assertTrue(read().wholeImages());
    put("sys/fs/lustre/llite/lfs01-ffff9c/parallel_dio", "0\n");
    assertFalse(read().wholeImages(), "switched off");
    put("sys/fs/lustre/version", "2.14.0_vendor\n");
    put("sys/fs/lustre/llite/lfs01-ffff9c/parallel_dio", "1\n");
    assertTrue(read().wholeImages(), "the switch is there, so is the feature");
  }

  @Test
  void otherFilesystemsOfTheClientDoNotCount() throws IOException {
    put("sys/fs/lustre/llite/lfs01b-ffff9c/parallel_dio", "0\n");
    put("sys/fs/lustre/llite/lfs01-x-ffff9c/parallel_dio", "0\n");
    put("sys/fs/lustre/osc/lfs02-OST0000-osc-ffff9c/max_pages_per_rpc", "16\n");
    put("sys/fs/lustre/osc/lfs01-OST0000-osc-MDT0000/max_pages_per_rpc", "16\n");
    LustreTunables tunables = read();
    assertEquals(Optional.empty(), tunables.parallelDirect());
    assertEquals(OptionalInt.empty(), tunables.pagesPerRpc());
  }

  @Test
  void aSwitchHoldsIfItIsOnForAllMountsOfTheFilesystem() throws IOException {
    put("sys/fs/lustre/llite/lfs01-ffff9c/parallel_dio", "1\n");
    put("sys/fs/lustre/llite/lfs01-ffffaa/parallel_dio", "0\n");
    assertEquals(Optional.of(false), read().parallelDirect());
  }

  @Test
  void whatCannotBeReadIsNotKnown() throws IOException {
    put("sys/fs/lustre/version", "");
    put("sys/fs/lustre/llite/lfs01-ffff9c/parallel_dio", "perhaps\n");
    Files.createDirectories(root.resolve("sys/fs/lustre/llite/lfs01-ffff9c/hybrid_io"));
    put("sys/fs/lustre/osc/lfs01-OST0000-osc-ffff9c/max_pages_per_rpc", "99999999999999\n");
    put("sys/fs/lustre/osc/lfs01-OST0000-osc-ffff9c/max_rpcs_in_flight", "0\n");
    assertEquals(
        new LustreTunables(
            Optional.empty(),
            Optional.of("lfs01"),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            OptionalInt.empty(),
            OptionalInt.empty()),
        read());
  }

  @Test
  void anotherFilesystemHasNone() throws IOException {
    put("proc/self/mountinfo", "40 22 0:35 / / rw - ext4 /dev/sda rw\n");
    assertEquals(LustreTunables.UNKNOWN, read());
    Files.delete(root.resolve("proc/self/mountinfo"));
    assertEquals(LustreTunables.UNKNOWN, read());
    assertEquals(0, LustreTunables.UNKNOWN.rpcBytes(4096));
    assertFalse(LustreTunables.UNKNOWN.wholeImages());
  }

  @Test
  void thisMachineCanBeAsked() {
    LustreTunables tunables = new LustreSysfs(Path.of("/")).read(root);
    assertEquals(tunables.filesystem().isEmpty(), tunables.equals(LustreTunables.UNKNOWN));
  }
}
