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

/** What a probe makes of a filesystem. */
class FsProbeTest {
  @TempDir Path directory;
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
    return new FsProbe(posix, Machine.current().openFlags(), options, directory).run();
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
    FsProfile profile = new FsProbe(posix, none, NativeIoOptions.defaults(), directory).run();
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
        new FsProbe(lying, Machine.current().openFlags(), NativeIoOptions.defaults(), directory)
            .run();
    assertBuffered(profile, true, "other bytes");
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
