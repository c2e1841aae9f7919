package io.kvcache.lustre;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.kvcache.lustre.FaultyPosixIo.Call;
import io.kvcache.spi.ChunkIoException;
import io.kvcache.spi.IoFault;
import io.kvcache.spi.PieceRunner;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What native I/O makes of each answer that the kernel may give. */
class NativeFaultTest {
  private static final int A = 4096;
  private static final int IMAGE = 8 * A;

  @TempDir Path directory;
  private FaultyPosixIo posix;
  private NativeChunkIo io;
  private Path file;

  @BeforeEach
  void open() throws Exception {
    posix = FaultyPosixIo.real();
    io = open(NativeIoOptions.builder().pieceBytes(2 * A).build());
    assumeTrue(io.mode().direct(), () -> directory + ": " + io.mode());
    file = directory.resolve("chunk");
  }

  private NativeChunkIo open(NativeIoOptions options) {
    return NativeChunkIoTest.open(posix, directory, options);
  }

  @AfterEach
  void everyDescriptorIsClosed() {
    assertEquals(0, posix.openDescriptors());
  }

  private static ByteBuffer image(int seed) {
    ByteBuffer image = empty();
    SplittableRandom random = new SplittableRandom(seed);
    for (int i = 0; i < IMAGE; i += Long.BYTES) {
      image.putLong(i, random.nextLong());
    }
    return image;
  }

  private static ByteBuffer empty() {
    return ByteBuffer.allocateDirect(IMAGE + A).alignedSlice(A).slice(0, IMAGE);
  }

  private static void assertFault(IoFault fault, Executable call) {
    ChunkIoException thrown = assertThrows(ChunkIoException.class, call);
    assertEquals(fault, thrown.fault(), thrown.getMessage());
  }

  private void assertHolds(ByteBuffer image) throws Exception {
    byte[] wanted = new byte[IMAGE];
    image.get(0, wanted);
    assertArrayEquals(wanted, Files.readAllBytes(file));
  }

  private void assertReads(ByteBuffer image) throws Exception {
    ByteBuffer read = empty();
    assertEquals(IMAGE, io.read(file, read));
    assertEquals(image, read);
  }

  @ParameterizedTest
  @ValueSource(strings = {"OPEN", "PWRITE"})
  void whereDirectWritesHaveBecomeInvalidAllGoesThroughThePageCacheAndTheModeSaysSo(Call call)
      throws Exception {
    posix.failDirect(call, Errno.EINVAL);
    io.write(file, image(1));
    assertHolds(image(1));
    assertFalse(io.mode().direct());
    assertTrue(io.mode().reason().contains("EINVAL"), io.mode().reason());
    posix.heal();
    posix.failDirect(Call.PREAD, Errno.EIO);
    assertReads(image(1));
  }

  @Test
  void whereDirectReadsHaveBecomeInvalidAllGoesThroughThePageCache() throws Exception {
    io.write(file, image(1));
    posix.failDirect(Call.PREAD, Errno.EINVAL);
    assertReads(image(1));
    assertFalse(io.mode().direct());
    posix.forgetCalls();
    assertReads(image(1));
    assertEquals(1, posix.count(Call.OPEN), "not tried directly any more");
  }

  @ParameterizedTest
  @CsvSource({"OPEN, 1", "PWRITE, 2"})
  void oneOddFileIsWrittenThroughThePageCacheAlone(Call call, int n) throws Exception {
    posix.failNth(call, n, Errno.EINVAL);
    io.write(file, image(1));
    assertHolds(image(1));
    assertTrue(io.mode().direct(), io.mode().toString());
    assertTrue(io.mode().reason().contains("EINVAL 1 times"), io.mode().reason());
    posix.forgetCalls();
    assertReads(image(1));
    assertEquals(0, posix.count(Call.DROP), "read directly");
  }

  @Test
  void oneOddFileIsReadThroughThePageCacheAlone() throws Exception {
    io.write(file, image(1));
    posix.failNth(Call.PREAD, 3, Errno.EINVAL);
    assertReads(image(1));
    assertTrue(io.mode().direct(), io.mode().toString());
  }

  @ParameterizedTest
  @ValueSource(strings = {"FSYNC", "CLOSE"})
  void whatIsInvalidButNotForBeingDirectIsAFailure(Call call) {
    io = open(NativeIoOptions.builder().durable(true).build());
    posix.failNth(call, 1, Errno.EINVAL);
    posix.forgetCalls();
    assertFault(IoFault.TRANSIENT, () -> io.write(file, image(1)));
    assertTrue(io.mode().direct(), io.mode().toString());
    assertEquals(1, posix.count(Call.OPEN), "not tried through the page cache");
  }

  /** As a filesystem that looks at the flags before the name. */
  @Test
  void aFileThatWasThereBeforeAnInvalidOpenIsNotRemoved() throws Exception {
    Files.write(file, new byte[] {1, 2, 3});
    posix.failDirect(Call.OPEN, Errno.EINVAL);
    assertFault(IoFault.EXISTS, () -> io.write(file, image(1)));
    assertArrayEquals(new byte[] {1, 2, 3}, Files.readAllBytes(file));
  }

  /** As Linux where O_DIRECT is looked at when the file is made. */
  @Test
  void aFileThatAnInvalidOpenMadeIsRemoved() throws Exception {
    PosixIo making =
        new ForwardingPosixIo(posix) {
          @Override
          public int open(String path, int flags, int mode) {
            int fd = super.open(path, flags, mode);
            if (path.endsWith("/chunk") && fd >= 0 && (flags & direct) != 0) {
              super.close(fd);
              return -Errno.EINVAL;
            }
            return fd;
          }

          private final int direct = Machine.current().openFlags().direct();
        };
    io = NativeChunkIoTest.open(making, directory, NativeIoOptions.defaults());
    io.write(file, image(1));
    assertHolds(image(1));
    assertTrue(io.mode().direct(), io.mode().toString());
  }

  @Test
  void anInvalidCallThatThePageCacheDoesNotHelpLeavesTheModeAlone() throws Exception {
    posix.fail(Call.PWRITE, Errno.EINVAL);
    assertFault(IoFault.TRANSIENT, () -> io.write(file, image(1)));
    assertTrue(io.mode().direct());
  }

  @ParameterizedTest
  @ValueSource(strings = {"OPEN", "PREAD"})
  void anInterruptedReadGoesOn(Call call) throws Exception {
    io.write(file, image(1));
    posix.failNth(call, 1, Errno.EINTR);
    ByteBuffer read = empty();
    assertEquals(IMAGE, io.read(file, read));
    assertEquals(image(1), read);
  }

  @ParameterizedTest
  @ValueSource(strings = {"OPEN", "PWRITE"})
  void anInterruptedWriteGoesOn(Call call) throws Exception {
    posix.failNth(call, 1, Errno.EINTR);
    io.write(file, image(1));
    assertHolds(image(1));
  }

  @ParameterizedTest
  @ValueSource(
      ints = {
        Errno.EIO,
        Errno.ESHUTDOWN,
        Errno.ENOTCONN,
        Errno.ETIMEDOUT,
        Errno.EAGAIN,
        Errno.ESTALE,
        Errno.ENODEV
      })
  void aReadThatMayPassIsTriedOnceMoreWithAFreshDescriptor(int errno) throws Exception {
    io.write(file, image(1));
    posix.forgetCalls();
    posix.failNth(Call.PREAD, 2, errno);
    ByteBuffer read = empty();
    assertEquals(IMAGE, io.read(file, read));
    assertEquals(image(1), read);
    assertEquals(2, posix.count(Call.OPEN));

    posix.forgetCalls();
    posix.fail(Call.PREAD, errno);
    assertFault(IoFault.TRANSIENT, () -> io.read(file, empty()));
    assertEquals(2, posix.count(Call.OPEN));
    assertTrue(Files.exists(file), "transient trouble removes nothing");
  }

  @Test
  void aStaleFileThatIsGoneWhenOpenedAgainIsMissing() throws Exception {
    io.write(file, image(1));
    posix.failNth(Call.PREAD, 1, Errno.ESTALE);
    posix.failNth(Call.OPEN, 2, Errno.ENOENT);
    assertFault(IoFault.MISSING, () -> io.read(file, empty()));
  }

  @ParameterizedTest
  @CsvSource({
    Errno.ENOSPC + ",NO_SPACE",
    Errno.EDQUOT + ",NO_SPACE",
    Errno.EFBIG + ",NO_SPACE",
    Errno.EROFS + ",READ_ONLY",
    Errno.EIO + ",TRANSIENT",
    Errno.ESHUTDOWN + ",TRANSIENT"
  })
  void aWriteThatFailsIsNotTriedAgain(int errno, IoFault fault) {
    posix.forgetCalls();
    posix.failNth(Call.PWRITE, 3, errno);
    assertFault(fault, () -> io.write(file, image(1)));
    assertEquals(3, posix.count(Call.PWRITE));
    assertEquals(1, posix.count(Call.OPEN));
  }

  @ParameterizedTest
  @CsvSource({
    Errno.EMFILE + ",TRANSIENT",
    Errno.ENFILE + ",TRANSIENT",
    Errno.ELOOP + ",TRANSIENT",
    Errno.EACCES + ",READ_ONLY",
    Errno.EDQUOT + ",NO_SPACE",
    Errno.ENOENT + ",MISSING"
  })
  void aFileThatCannotBeOpenedSaysWhichTroubleItIs(int errno, IoFault fault) {
    posix.fail(Call.OPEN, errno);
    assertFault(fault, () -> io.write(file, image(1)));
    assertFault(fault, () -> io.read(file, empty()));
  }

  @Test
  void aShortWriteThatLeavesAnUnalignedRestFails() throws Exception {
    posix.cutNth(Call.PWRITE, 2, 1000);
    assertFault(IoFault.TRANSIENT, () -> io.write(file, image(1)));
  }

  @Test
  void aWriteThatMovesNothingFailsAndDoesNotSpin() {
    posix.cut(Call.PWRITE, 0);
    assertFault(IoFault.TRANSIENT, () -> io.write(file, image(1)));
  }

  @Test
  void aShortReadInTheMiddleGoesOn() throws Exception {
    io.write(file, image(1));
    posix.cutNth(Call.PREAD, 1, A);
    ByteBuffer read = empty();
    assertEquals(IMAGE, io.read(file, read));
    assertEquals(image(1), read);
  }

  @Test
  void aReadThatEndsBeforeItsFileIsTriedOnceMoreAndThenIsAFault() throws Exception {
    io.write(file, image(1));
    posix.cutNth(Call.PREAD, 2, 512);
    assertReads(image(1));
    posix.cut(Call.PREAD, 512);
    String said = assertThrows(ChunkIoException.class, () -> io.read(file, empty())).getMessage();
    assertTrue(said.contains("512 bytes") && said.contains("has " + IMAGE), said);
    assertFault(IoFault.TRANSIENT, () -> io.read(file, empty()));
  }

  @Test
  void aReadThatBringsNothingOfALongerFileIsAFault() throws Exception {
    io.write(file, image(1));
    posix.cut(Call.PREAD, 0);
    assertFault(IoFault.TRANSIENT, () -> io.read(file, empty()));
    io = open(NativeIoOptions.builder().direct(false).build());
    assertFault(IoFault.TRANSIENT, () -> io.read(file, empty()));
  }

  @Test
  void aWholeReadAsksForNoSizeAndAShortFileOnce() throws Exception {
    io.write(file, image(1));
    posix.forgetCalls();
    assertReads(image(1));
    assertEquals(0, posix.count(Call.STATX));
    Files.write(file, new byte[A]);
    assertEquals(A, io.read(file, empty()));
    assertEquals(1, posix.count(Call.STATX));
  }

  @Test
  void aSizeThatCannotBeAskedIsAFaultAndNotTheEnd() throws Exception {
    Files.write(file, new byte[A]);
    posix.fail(Call.STATX, Errno.EIO);
    assertFault(IoFault.TRANSIENT, () -> io.read(file, empty()));
  }

  @Test
  void aFileThatEndsInAPieceEndsTheImageThere() throws Exception {
    Files.write(file, new byte[3 * A + 17]);
    assertEquals(3 * A + 17, io.read(file, empty()));
  }

  @Test
  void whatCloseSaysAboutAWrittenFileIsHeardAndAboutAReadOneIsNot() throws Exception {
    posix.failNth(Call.CLOSE, 1, Errno.EIO);
    assertFault(IoFault.TRANSIENT, () -> io.write(file, image(1)));
    Files.delete(file);
    io.write(file, image(2));
    posix.failNth(Call.CLOSE, 1, Errno.EIO);
    ByteBuffer read = empty();
    assertEquals(IMAGE, io.read(file, read));
    assertEquals(image(2), read);
  }

  @Test
  void aDiskThatFillsWhenItIsForcedIsHeard() throws Exception {
    io = open(NativeIoOptions.builder().durable(true).build());
    posix.failNth(Call.FSYNC, 1, Errno.ENOSPC);
    assertFault(IoFault.NO_SPACE, () -> io.write(file, image(1)));
  }

  @Test
  void aRenameToAnotherServerFailsAndLeavesTheFile() throws Exception {
    io.write(file, image(1));
    posix.fail(Call.RENAME, Errno.EXDEV);
    assertFault(IoFault.TRANSIENT, () -> io.rename(file, directory.resolve("other")));
    assertHolds(image(1));
  }

  @Test
  void aStampInSomebodyElsesDirectoryIsRefusedAsReadOnly() throws Exception {
    io.write(file, image(1));
    posix.fail(Call.TOUCH, Errno.EPERM);
    assertFault(IoFault.READ_ONLY, () -> io.touch(file));
  }

  @Test
  void aQuestionThatFailsIsNoAbsence() {
    posix.fail(Call.STATX, Errno.EIO);
    assertFault(IoFault.TRANSIENT, () -> io.exists(file));
    assertFault(IoFault.TRANSIENT, () -> io.lastModified(file));
  }

  @ParameterizedTest
  @ValueSource(ints = {Errno.EIO, Errno.ESTALE, Errno.EACCES})
  void aListingWithAnEntryThatCannotBeAskedShowsTheOthersAndIsAFault(int errno) throws Exception {
    for (String name : List.of("a", "b", "c")) {
      Files.createFile(directory.resolve(name));
    }
    posix.fail(Call.STATX, path -> path.equals("b"), errno);
    List<String> shown = new ArrayList<>();
    ChunkIoException failure =
        assertThrows(
            ChunkIoException.class,
            () -> io.list(directory, (name, type, bytes, time) -> shown.add(name)));
    assertEquals(Set.of("a", "c"), Set.copyOf(shown));
    assertTrue(failure.getMessage().contains("/b"), failure.getMessage());
    posix.heal();
    posix.failNth(Call.STATX, 1, Errno.EINTR);
    shown.clear();
    io.list(directory, (name, type, bytes, time) -> shown.add(name));
    assertEquals(3, shown.size());
  }

  @Test
  void anEntryThatGoesWhileItIsListedIsPassedOver() throws Exception {
    io.write(file, image(1));
    posix.fail(Call.STATX, Errno.ENOENT);
    io.list(
        directory,
        (name, type, bytes, time) -> {
          throw new AssertionError(name);
        });
  }

  @Test
  void aListingThatFailsHalfwayIsAFault() {
    posix.failNth(Call.READ_DIRECTORY, 1, Errno.EINTR);
    posix.failNth(Call.READ_DIRECTORY, 2, Errno.EIO);
    assertFault(IoFault.TRANSIENT, () -> io.list(directory, (name, type, bytes, time) -> true));
  }

  @Test
  void anImageThatIsNotAlignedGoesThroughThePageCacheAndTheModeSaysSo() throws Exception {
    io = open(NativeIoOptions.builder().alignment(65536).imageAlignment(65536).build());
    assumeTrue(io.mode().direct(), () -> io.mode().toString());
    io.write(file, image(1));
    assertFalse(io.mode().direct());
    String reason = io.mode().reason();
    assertTrue(reason.contains("65536") && reason.contains("1 calls on images"), reason);
    assertReads(image(1));
  }

  @Test
  void aHeaderThatIsShorterThanTheAlignmentSaysNothingAboutImages() throws Exception {
    io = open(NativeIoOptions.builder().alignment(16384).imageAlignment(16384).build());
    assumeTrue(io.mode().direct(), () -> io.mode().toString());
    ByteBuffer aligned = ByteBuffer.allocateDirect(2 * IMAGE).alignedSlice(16384).limit(IMAGE);
    posix.forgetCalls();
    io.write(file, aligned);
    assertEquals(0, posix.count(Call.DROP), "written directly");
    assertEquals(A, io.read(file, empty().limit(A)));
    assertEquals(1, posix.count(Call.DROP), "through the page cache");
    assertTrue(io.mode().direct(), io.mode().toString());
    // What is larger than the alignment is no header.
    ByteBuffer odd = empty().limit(5 * A);
    assertEquals(5 * A, io.read(file, odd));
    assertFalse(io.mode().direct());
  }

  /** On Lustre this would ask storage servers, and wait for one that is down. */
  @Test
  void theTimeOfAFileIsAskedOfNoStorageServer() throws Exception {
    io.write(file, image(1));
    List<Integer> freshness = new ArrayList<>();
    PosixIo watched =
        new ForwardingPosixIo(posix) {
          @Override
          public int statx(int at, String path, int flags, int mask, FileStatus into) {
            freshness.add(flags);
            return super.statx(at, path, flags, mask, into);
          }
        };
    io = NativeChunkIoTest.open(watched, directory, NativeIoOptions.defaults());
    freshness.clear();
    io.lastModified(file);
    assertEquals(List.of(FileStatus.AS_CACHED), freshness);
  }

  @Test
  void afterAFailureNoFurtherPieceIsWritten() {
    posix.forgetCalls();
    posix.failNth(Call.PWRITE, 1, Errno.EIO);
    assertFault(IoFault.TRANSIENT, () -> io.write(file, image(1), PieceRunner.ALONE));
    assertEquals(1, posix.count(Call.PWRITE));
  }
}
