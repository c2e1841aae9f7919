package io.kvcache.lustre;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Which filesystem a path is on is read from the kernel's list of mounts. */
class MountTest {
  private static final List<Mount> MOUNTS =
      Mount.parse(
          """
          22 1 259:2 / / rw,relatime shared:1 - ext4 /dev/nvme0n1p2 rw
          40 22 0:35 / /mnt/lustre rw,relatime shared:20 master:2 - lustre 10.0.0.1@tcp:10.0.0.2@tcp:/lfs01 rw,flock
          41 22 0:36 / /mnt/team rw - lustre fd00::1@tcp:/scratch/team/a rw
          42 40 0:37 / /mnt/lustre/home rw - nfs4 filer:/home rw
          43 22 0:38 / /mnt/two\\040words\\134 rw - lustre mgs@o2ib:/lfs02/a\\040b rw
          44 22 0:39 / /over rw - ext4 /dev/sdb rw
          45 44 0:40 / /over rw - lustre mgs@o2ib:/lfs03 rw
          no mount at all
          46 22 0:41 / /short rw -
          """);

  private static String type(String path) {
    return Mount.holding(Path.of(path), MOUNTS).orElseThrow().type();
  }

  private static Optional<String> name(String path) {
    return Mount.holding(Path.of(path), MOUNTS).orElseThrow().lustreName();
  }

  @Test
  void theDeepestMountHoldsThePath() {
    assertEquals("lustre", type("/mnt/lustre/kv"));
    assertEquals("lustre", type("/mnt/lustre"));
    assertEquals("nfs4", type("/mnt/lustre/home/kv"));
    assertEquals("ext4", type("/mnt/lustre2/kv"), "no directory of that mount");
    assertEquals("ext4", type("/var"));
  }

  @Test
  void ofMountsOverEachOtherTheLastHolds() {
    assertEquals(Optional.of("lfs03"), name("/over/kv"));
  }

  @Test
  void theNameOfALustreFilesystemComesBehindItsServers() {
    assertEquals(Optional.of("lfs01"), name("/mnt/lustre/kv"));
    assertEquals(Optional.of("scratch"), name("/mnt/team/kv"), "a subdirectory is mounted");
    assertEquals(Optional.empty(), name("/var"));
    assertEquals(Optional.empty(), new Mount("/m", "lustre", "odd").lustreName());
    assertEquals(Optional.empty(), new Mount("/m", "lustre", "mgs:/").lustreName());
  }

  @Test
  void blanksAndBackslashesAreReadAsWritten() {
    assertEquals(Optional.of("lfs02"), name("/mnt/two words\\/kv"));
    assertEquals("mgs@o2ib:/lfs02/a b", MOUNTS.get(4).source());
  }

  @Test
  void whatIsNoMountIsLeftOut() {
    assertEquals(7, MOUNTS.size());
    assertEquals(Optional.empty(), Mount.holding(Path.of("/a"), List.of()));
  }
}
