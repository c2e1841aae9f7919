package io.kvcache.lustre;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.kvcache.lustre.FaultyPosixIo.Call;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a probe makes of a filesystem. */
class FsProbeTest {
  @TempDir Path directory;
  private LustreSysfs sysfs = new LustreSysfs(Path.of("/"));
  private FaultyPosixIo posix;

  @BeforeEach
  void open() {
    posix = FaultyPosixIo.real();
  }

  @AfterEach
  void nothingIsLeft() throws Exception {
    posix.heal();
    assertEquals(0, posix.openDescriptors());
    try (Stream<Path> left = Files.list(directory)) {
      assertEquals(0, left.count());
    }
  }

  private FsProfile probe(NativeIoOptions options) {
    return new FsProbe(posix, Machine.current().openFlags(), options, sysfs, directory).run();
  }

  private FsProfile probe() {
    return probe(NativeIoOptions.defaults());
  }

  private void requireDirect() {
    FsProfile profile = probe();
    assumeTrue(profile.mode().direct(), () -> directory + ": " + profile.mode());
  }

  private static void assertBuffered(FsProfile profile, boolean settled, String reason) {
    assertFalse(profile.mode().direct());
    assertEquals(settled, profile.settled(), profile.toString());
    assertTrue(profile.mode().reason().contains(reason), profile.mode().reason());
  }

  @Test
  void whatPassedIsDirectAndNamesTheFilesystem() {
    requireDirect();
    FsProfile profile = probe();
    assertEquals(4096, profile.alignment());
    assertTrue(profile.settled());
    assertTrue(profile.mode().reason().contains(profile.filesystem()), profile.toString());
  }

  @Test
  void aWriteThatIsInvalidIsTriedWithTwiceTheAlignment() {
    requireDirect();
    posix.failNth(Call.PWRITE, 1, Errno.EINVAL);
    posix.failNth(Call.PWRITE, 2, Errno.EINVAL);
    FsProfile profile = probe(NativeIoOptions.builder().imageAlignment(1 << 20).build());
    assertTrue(profile.mode().direct(), profile.toString());
    assertEquals(16384, profile.alignment());
  }

  @Test
  void aFilesystemThatNeedsMoreThanImagesHaveIsBufferedAndSaysWhatToDo() {
    requireDirect();
    posix.failNth(Call.PWRITE, 1, Errno.EINVAL);
    assertBuffered(probe(), true, "needs an alignment of 8192 here, and images have 4096");
  }

  @Test
  void largePagesMatterToALustreClient() {
    requireDirect();
    posix.filesystem(Filesystem.LUSTRE);
    posix.pageSize(65536);
    assertBuffered(probe(), true, "lustre needs an alignment of 65536");
    FsProfile wide = probe(NativeIoOptions.builder().imageAlignment(65536).build());
    assertTrue(wide.mode().direct(), wide.toString());
    assertEquals(65536, wide.alignment());
  }

  private void lustreOf(String version, Path client) throws Exception {
    posix.filesystem(Filesystem.LUSTRE);
    Path mounts = Files.createDirectories(client.resolve("proc/self")).resolve("mountinfo");
    Files.writeString(mounts, "1 2 0:1 / / rw - lustre 10.0.0.1@tcp:/lfs01 rw\n");
    Path pages =
        Files.createDirectories(client.resolve("sys/fs/lustre/osc/lfs01-OST0000-osc-ffff9c"))
            .resolve("max_pages_per_rpc");
    Files.writeString(pages, "4096\n");
    Files.writeString(client.resolve("sys/fs/lustre/version"), version);
    sysfs = new LustreSysfs(client);
  }

  @Test
  void aLustreClientThatCutsCallsUpByItselfGetsWholeImages(@TempDir Path client) throws Exception {
    lustreOf("2.15.4", client);
    FsProfile profile = probe();
    assertEquals("lustre", profile.filesystem());
    assertEquals(0, profile.pieceBytes());
    assertTrue(profile.mode().reason().contains("lustre 2.15.4"), profile.toString());
  }

  @Test
  void anOlderOneGetsPiecesThatEndWhereStripesDo(@TempDir Path client) throws Exception {
    lustreOf("2.12.9", client);
    assertEquals(16 << 20, probe().pieceBytes(), "as large as its requests");
    NativeIoOptions fixed = NativeIoOptions.builder().striping(StripePolicy.of(2, 8 << 20)).build();
    assertEquals(8 << 20, probe(fixed).pieceBytes());
    NativeIoOptions inherited = NativeIoOptions.builder().striping(StripePolicy.inherit()).build();
    assertEquals(4 << 20, probe(inherited).pieceBytes());
  }

  @Test
  void writesThatAreNeverValidAreBuffered() {
    requireDirect();
    posix.fail(Call.PWRITE, Errno.EINVAL);
    assertBuffered(probe(), true, "EINVAL");
  }

  @Test
  void aFilesystemThatRefusesTheFlagIsBuffered() {
    posix.failNth(Call.OPEN, 1, Errno.EINVAL);
    assertBuffered(probe(), true, "refuses O_DIRECT");
  }

  @Test
  void aFilesystemThatDropsTheFlagIsBuffered() {
    requireDirect();
    // The machine's own flags of open without O_DIRECT are all there is then.
    OpenFlags none = new OpenFlags(0, 0, 0);
    FsProfile profile =
        new FsProbe(posix, none, NativeIoOptions.defaults(), sysfs, directory).run();
    assertBuffered(profile, true, "drops O_DIRECT");
  }

  @Test
  void whatStatxSaysIsHeeded() {
    requireDirect();
    posix.directAlignment(8192);
    FsProfile profile = probe(NativeIoOptions.builder().imageAlignment(8192).build());
    assertEquals(8192, profile.alignment());
    posix.directAlignment(512);
    assertEquals(4096, probe().alignment());
    posix.directAlignment(0);
    assertBuffered(probe(), true, "no direct I/O");
    posix.directAlignment(3000);
    assertTrue(probe().mode().direct(), "nonsense is not believed");
  }

  @Test
  void aReadThatGivesOtherBytesIsBuffered() {
    requireDirect();
    PosixIo lying =
        new ForwardingPosixIo(posix) {
          @Override
          public long pread(int fd, ByteBuffer into, int from, int count, long offset) {
            long n = super.pread(fd, into, from, count, offset);
            into.put(from, (byte) ~into.get(from));
            return n;
          }
        };
    FsProfile profile =
        new FsProbe(
                lying, Machine.current().openFlags(), NativeIoOptions.defaults(), sysfs, directory)
            .run();
    assertBuffered(profile, true, "other bytes");
  }

  @ParameterizedTest
  @EnumSource(
      value = Call.class,
      names = {"PREAD", "PWRITE"})
  void aCallThatComesBackShortIsNotSettled(Call call) {
    requireDirect();
    posix.cutNth(call, 1, 512);
    assertBuffered(probe(), false, "short");
    assertTrue(probe().mode().direct());
  }

  @Test
  void whatCouldNotBeTriedIsNotSettled() {
    posix.fail(Call.OPEN, Errno.ENOSPC);
    assertBuffered(probe(), false, "ENOSPC");
    posix.heal();
    requireDirect();
    posix.fail(Call.PWRITE, Errno.EIO);
    assertBuffered(probe(), false, "EIO");
    posix.fail(Call.STATFS, Errno.ESTALE);
    assertBuffered(probe(), false, "ESTALE");
  }

  @Test
  void whatIsNotSettledIsTriedAgainAfterAWriteThatWorks() throws Exception {
    requireDirect();
    AtomicLong clock = new AtomicLong();
    posix.failNth(Call.OPEN, 1, Errno.EACCES);
    NativeChunkIo io =
        new NativeChunkIo(
            posix,
            Machine.current().openFlags(),
            NativeIoOptions.defaults(),
            sysfs,
            directory,
            clock::get);
    assertFalse(io.mode().direct());
    ByteBuffer image = ByteBuffer.allocateDirect(8192).alignedSlice(4096).slice(0, 4096);
    io.write(directory.resolve("a"), image);
    assertFalse(io.mode().direct(), "not at once");
    clock.set(10_000_000_000L);
    io.write(directory.resolve("b"), image);
    assertTrue(io.mode().direct(), io.mode().toString());
    Files.delete(directory.resolve("a"));
    Files.delete(directory.resolve("b"));
  }

  @Test
  void askedForBufferedItProbesNothing() {
    FsProfile profile = probe(NativeIoOptions.builder().direct(false).build());
    assertBuffered(profile, true, "asked for");
    assertEquals(0, posix.count(Call.OPEN));
  }

  @Test
  void anAlignmentThatIsGivenIsTriedAndNoOther() {
    requireDirect();
    FsProfile given =
        probe(NativeIoOptions.builder().alignment(16384).imageAlignment(16384).build());
    assertEquals(16384, given.alignment());
    posix.failNth(Call.PWRITE, 1, Errno.EINVAL);
    assertBuffered(
        probe(NativeIoOptions.builder().alignment(16384).imageAlignment(16384).build()),
        true,
        "16384");
  }
}
