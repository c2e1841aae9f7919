package io.kvcache.spi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What every {@link ChunkIo} keeps; inherit it and say how one is opened. */
public abstract class ChunkIoContract {
  private static final int A = 4096;

  /** A directory of the test's own. */
  @TempDir protected Path directory;

  private ChunkIo io;

  /** Opens what is tested. */
  protected abstract ChunkIo open(Path root) throws Exception;

  /** Whether the machine is known to let it be direct here. */
  protected abstract boolean direct();

  @BeforeEach
  void openIt() throws Exception {
    io = open(directory);
  }

  @AfterEach
  void noDescriptorOfOursIsOpen() throws IOException {
    if (io == null) {
      return;
    }
    io.close();
    Path descriptors = Path.of("/proc/self/fd");
    assumeTrue(Files.isDirectory(descriptors), "no /proc to count descriptors in");
    List<String> open = new ArrayList<>();
    try (Stream<Path> all = Files.list(descriptors)) {
      for (Path descriptor : all.toList()) {
        try {
          String target = Files.readSymbolicLink(descriptor).toString();
          if (target.startsWith(directory.toRealPath().toString())) {
            open.add(target);
          }
        } catch (IOException e) {
          // Gone since it was listed.
        }
      }
    }
    assertEquals(List.of(), open, "descriptors left open");
  }

  private static ByteBuffer buffer(int bytes) {
    return ByteBuffer.allocateDirect(bytes + A).alignedSlice(A).slice(0, bytes);
  }

  private static ByteBuffer random(int bytes, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    ByteBuffer buffer = buffer(bytes);
    for (int i = 0; i < bytes; i += Long.BYTES) {
      buffer.putLong(i, random.nextLong());
    }
    return buffer;
  }

  private static ByteBuffer poisoned(int bytes) {
    ByteBuffer buffer = buffer(bytes);
    for (int i = 0; i < bytes; i++) {
      buffer.put(i, (byte) 0xA5);
    }
    return buffer;
  }

  private static void assertFault(IoFault fault, Executable call) {
    ChunkIoException thrown = assertThrows(ChunkIoException.class, call);
    assertEquals(fault, thrown.fault(), thrown.getMessage());
  }

  @Test
  void itsModeIsTheOneThatWasProven() {
    assertEquals(direct(), io.mode().direct(), io.mode().toString());
    assertFalse(io.mode().reason().isBlank());
  }

  @ParameterizedTest
  @ValueSource(ints = {A, 3 * A, 17 * A, 257 * A})
  void whatWasWrittenIsReadBack(int bytes) throws Exception {
    Path file = directory.resolve("chunk");
    ByteBuffer written = random(bytes, bytes);
    io.write(file, written);
    assertEquals(bytes, Files.size(file));
    ByteBuffer read = poisoned(bytes);
    assertEquals(bytes, io.read(file, read));
    assertEquals(written, read);
  }

  @Test
  void theCallersPositionAndLimitStay() throws Exception {
    Path file = directory.resolve("chunk");
    ByteBuffer written = random(4 * A, 1);
    written.limit(3 * A);
    io.write(file, written);
    assertEquals(0, written.position());
    assertEquals(3 * A, written.limit());
    assertEquals(3 * A, Files.size(file), "nothing behind the limit is written");
    ByteBuffer read = poisoned(4 * A);
    read.limit(2 * A);
    assertEquals(2 * A, io.read(file, read));
    assertEquals(0, read.position());
    assertEquals(2 * A, read.limit());
    assertEquals((byte) 0xA5, read.clear().get(2 * A), "nothing behind the limit is touched");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 1234, A - 1, A, A + 1, 12855, 5 * A})
  void aFileShorterThanTheBufferGivesItsOwnLength(int bytes) throws Exception {
    Path file = directory.resolve("short");
    byte[] content = new byte[bytes];
    Arrays.fill(content, (byte) 7);
    Files.write(file, content);
    ByteBuffer read = poisoned(6 * A);
    assertEquals(bytes, io.read(file, read));
    for (int i = 0; i < bytes; i++) {
      assertEquals(7, read.get(i), "byte " + i);
    }
  }

  @Test
  void aFileLongerThanTheBufferFillsIt() throws Exception {
    Path file = directory.resolve("long");
    ByteBuffer written = random(5 * A, 5);
    io.write(file, written);
    ByteBuffer read = poisoned(3 * A);
    assertEquals(3 * A, io.read(file, read));
    assertEquals(written.slice(0, 3 * A), read);
  }

  /** Has many pieces done at once, each on another thread than its call. */
  private static void atOnce(int pieces, PieceRunner.Piece piece) throws ChunkIoException {
    ExecutorService threads = Executors.newFixedThreadPool(16);
    try {
      List<Future<?>> all = new ArrayList<>();
      for (int i = 0; i < pieces; i++) {
        int index = i;
        all.add(
            threads.submit(
                () -> {
                  piece.run(index);
                  return null;
                }));
      }
      for (Future<?> one : all) {
        one.get();
      }
    } catch (InterruptedException | ExecutionException e) {
      throw new AssertionError("a piece failed", e);
    } finally {
      threads.shutdownNow();
    }
  }

  private static void reversed(int pieces, PieceRunner.Piece piece) throws ChunkIoException {
    for (int i = pieces - 1; i >= 0; i--) {
      piece.run(i);
    }
  }

  /** Does the first pieces and fails where another one would be begun. */
  private static PieceRunner failingAt(int failing, ChunkIoException failure) {
    return (pieces, piece) -> {
      for (int i = 0; i < Math.min(pieces, failing); i++) {
        piece.run(i);
      }
      if (failing < pieces) {
        throw failure;
      }
    };
  }

  @Test
  void inWhateverOrderItsPiecesRunTheImageIsTheSame() throws Exception {
    List<PieceRunner> runners =
        List.of(ChunkIoContract::atOnce, ChunkIoContract::reversed, PieceRunner.ALONE);
    for (int bytes : new int[] {A, 17 * A, 129 * A}) {
      ByteBuffer written = random(bytes, bytes);
      for (int w = 0; w < runners.size(); w++) {
        Path file = directory.resolve(bytes + "-" + w);
        io.write(file, written, runners.get(w));
        assertEquals(0, written.position());
        assertEquals(bytes, written.limit());
        assertEquals(bytes, Files.size(file));
        for (PieceRunner runner : runners) {
          ByteBuffer read = poisoned(bytes + A);
          assertEquals(bytes, io.read(file, read.limit(bytes), runner));
          assertEquals(0, read.position());
          assertEquals(written, read);
          assertEquals((byte) 0xA5, read.clear().get(bytes), "nothing behind the limit");
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 1234, A, 4 * A + 1, 12855, 100 * A + 77})
  void aShortFileGivesItsOwnLengthInPiecesToo(int bytes) throws Exception {
    Path file = directory.resolve("short");
    byte[] content = new byte[bytes];
    new SplittableRandom(bytes).nextBytes(content);
    Files.write(file, content);
    for (PieceRunner runner :
        List.<PieceRunner>of(ChunkIoContract::atOnce, ChunkIoContract::reversed)) {
      ByteBuffer read = poisoned(129 * A);
      assertEquals(bytes, io.read(file, read, runner));
      assertEquals(ByteBuffer.wrap(content), read.slice(0, bytes));
    }
  }

  /** One that does not split never asks for pieces, and so never fails for one. */
  @ParameterizedTest
  @ValueSource(ints = {0, 1})
  void whatAPieceFailsWithIsWhatTheCallFailsWith(int failing) throws Exception {
    ChunkIoException failure = new ChunkIoException(IoFault.NO_SPACE, "injected", null);
    Path file = directory.resolve("chunk");
    ByteBuffer written = random(129 * A, 1);
    try {
      io.write(file, written, failingAt(failing, failure));
    } catch (ChunkIoException e) {
      assertSame(failure, e);
      Files.deleteIfExists(file);
      io.write(file, written);
    }
    assertEquals(0, written.position());
    assertEquals(129 * A, written.limit());
    ByteBuffer read = poisoned(129 * A);
    try {
      assertEquals(129 * A, io.read(file, read, failingAt(failing, failure)));
    } catch (ChunkIoException e) {
      assertSame(failure, e);
      assertEquals(129 * A, io.read(file, read));
    }
    assertEquals(written, read);
  }

  @Test
  void afterADefectInAPieceNoDescriptorIsLeftOpen() throws Exception {
    Path file = directory.resolve("chunk");
    PieceRunner broken =
        (pieces, piece) -> {
          throw new IllegalStateException("injected");
        };
    try {
      io.write(file, random(129 * A, 1), broken);
      io.read(file, poisoned(129 * A), broken);
    } catch (IllegalStateException e) {
      Files.deleteIfExists(file);
      io.write(file, random(129 * A, 1));
      assertThrows(IllegalStateException.class, () -> io.read(file, poisoned(129 * A), broken));
    }
  }

  @Test
  void readingWhatIsNotThereIsMissing() {
    assertFault(IoFault.MISSING, () -> io.read(directory.resolve("none"), buffer(A)));
    assertFault(IoFault.MISSING, () -> io.read(directory.resolve("no/where"), buffer(A)));
  }

  @Test
  void writingIntoADirectoryThatIsNotThereIsMissing() {
    assertFault(IoFault.MISSING, () -> io.write(directory.resolve("no/where"), buffer(A)));
  }

  @Test
  void writingOverAFileIsRefusedAndLeavesIt() throws Exception {
    Path file = directory.resolve("chunk");
    ByteBuffer first = random(A, 1);
    io.write(file, first);
    assertFault(IoFault.EXISTS, () -> io.write(file, random(2 * A, 2)));
    ByteBuffer read = poisoned(A);
    assertEquals(A, io.read(file, read));
    assertEquals(first, read);
    assertEquals(A, Files.size(file));
  }

  @Test
  void renamingReplacesWhatHasTheName() throws Exception {
    Path temporary = directory.resolve(".temporary");
    Path file = directory.resolve("chunk");
    io.write(file, random(A, 1));
    ByteBuffer second = random(2 * A, 2);
    io.write(temporary, second);
    io.rename(temporary, file);
    assertFalse(io.exists(temporary));
    ByteBuffer read = poisoned(2 * A);
    assertEquals(2 * A, io.read(file, read));
    assertEquals(second, read);
  }

  @Test
  void renamingWhatIsNotThereIsMissing() {
    assertFault(IoFault.MISSING, () -> io.rename(directory.resolve("a"), directory.resolve("b")));
  }

  @Test
  void existenceIsWhetherThereIsAFileOfThatName() throws Exception {
    Path file = directory.resolve("chunk");
    assertFalse(io.exists(file));
    assertFalse(io.exists(directory.resolve("no/where")));
    io.write(file, random(A, 1));
    assertTrue(io.exists(file));
  }

  @Test
  void aQuestionThatCannotBeAnsweredIsAFaultAndNotAnAbsence() throws Exception {
    assertFault(IoFault.TRANSIENT, () -> io.exists(directory.resolve("x".repeat(300))));
  }

  @Test
  void deletingRemovesAndDeletingWhatIsNotThereIsMissing() throws Exception {
    Path file = directory.resolve("chunk");
    io.write(file, random(A, 1));
    io.delete(file);
    assertFalse(Files.exists(file));
    assertFault(IoFault.MISSING, () -> io.delete(file));
  }

  @Test
  void touchingSetsTheModificationTimeToNow() throws Exception {
    Path file = directory.resolve("chunk");
    io.write(file, random(A, 1));
    Files.setLastModifiedTime(file, FileTime.from(Instant.EPOCH));
    io.touch(file);
    Duration age = Duration.between(Files.getLastModifiedTime(file).toInstant(), Instant.now());
    assertTrue(age.abs().compareTo(Duration.ofMinutes(1)) < 0, "age " + age);
    assertFault(IoFault.MISSING, () -> io.touch(directory.resolve("none")));
  }

  @Test
  void directoriesAreMadeWithThoseAboveThemAndAgain() throws Exception {
    Path deep = directory.resolve("a/b/c");
    io.createDirectories(deep, 0);
    assertTrue(Files.isDirectory(deep));
    io.createDirectories(deep, 0);
    for (Path made : List.of(deep, deep.getParent(), deep.getParent().getParent())) {
      assertEquals("rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(made)));
    }
  }

  @Test
  void filesAreForTheirOwnerOnly() throws Exception {
    Path file = directory.resolve("chunk");
    io.write(file, random(A, 1));
    assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
  }

  @Test
  void aSymbolicLinkAtTheLastNameIsNotFollowed() throws Exception {
    Path target = directory.resolve("target");
    io.write(target, random(A, 1));
    FileTime before = FileTime.from(Instant.EPOCH);
    Files.setLastModifiedTime(target, before);
    Path link = Files.createSymbolicLink(directory.resolve("link"), target);
    assertFault(IoFault.TRANSIENT, () -> io.read(link, buffer(A)));
    assertFault(IoFault.EXISTS, () -> io.write(link, random(A, 2)));
    assertTouchesNothing(link);
    assertEquals(before, Files.getLastModifiedTime(target));
    io.delete(link);
    assertTrue(Files.exists(target));
    assertFalse(Files.exists(link, LinkOption.NOFOLLOW_LINKS));

    Path dangling = Files.createSymbolicLink(directory.resolve("dangling"), link);
    assertFault(IoFault.EXISTS, () -> io.write(dangling, random(A, 3)));
    assertFalse(Files.exists(link, LinkOption.NOFOLLOW_LINKS), "made through a link");
  }

  private void assertTouchesNothing(Path link) {
    try {
      io.touch(link);
    } catch (ChunkIoException e) {
      // Either is fine: refused, or the link's own time.
    }
  }

  @Test
  void theTimeOfLastModificationIsTheFilesOwn() throws Exception {
    Path file = directory.resolve("chunk");
    io.write(file, random(A, 1));
    Files.setLastModifiedTime(file, FileTime.fromMillis(1_700_000_000_123L));
    assertEquals(1_700_000_000_123L, io.lastModified(file));
    assertFault(IoFault.MISSING, () -> io.lastModified(directory.resolve("none")));
  }

  /** One entry as a listing showed it. */
  private record Shown(String name, EntryType type, long bytes, long modifiedMillis) {}

  private List<Shown> list(Path where) throws ChunkIoException {
    List<Shown> shown = new ArrayList<>();
    io.list(
        where,
        (name, type, bytes, time) ->
            shown.add(new Shown(name, type, type == EntryType.FILE ? bytes : 0, time)));
    shown.sort(Comparator.comparing(Shown::name));
    return shown;
  }

  @Test
  void aListingShowsFilesAndDirectoriesAndFollowsNoLink() throws Exception {
    long time = 1_700_000_000_000L;
    Path file = directory.resolve("b");
    io.write(file, random(3 * A, 1));
    Path below = Files.createDirectory(directory.resolve("a"));
    io.write(below.resolve("deeper"), random(A, 1));
    Path hidden = Files.write(directory.resolve(".hidden"), new byte[A]);
    for (Path path : List.of(file, below, hidden)) {
      Files.setLastModifiedTime(path, FileTime.fromMillis(time));
    }
    assertEquals(
        List.of(
            new Shown(".hidden", EntryType.FILE, A, time),
            new Shown("a", EntryType.DIRECTORY, 0, time),
            new Shown("b", EntryType.FILE, 3 * A, time)),
        list(directory));
    Path link;
    try {
      link = Files.createSymbolicLink(directory.resolve("link"), below);
    } catch (UnsupportedOperationException | IOException e) {
      return; // no links here
    }
    assertEquals(EntryType.OTHER, list(directory).get(3).type());
    assertFault(IoFault.TRANSIENT, () -> list(link));
  }

  @Test
  void aListingEndsWhenItsVisitorHasSeenEnough() throws Exception {
    for (int i = 0; i < 5; i++) {
      Files.createFile(directory.resolve("f" + i));
    }
    List<String> seen = new ArrayList<>();
    io.list(
        directory,
        (name, type, bytes, time) -> {
          seen.add(name);
          return seen.size() < 2;
        });
    assertEquals(2, seen.size());
  }

  @Test
  void listingWhatIsNoDirectoryIsAFault() throws Exception {
    assertFault(IoFault.MISSING, () -> list(directory.resolve("none")));
    Path file = Files.createFile(directory.resolve("file"));
    assertFault(IoFault.TRANSIENT, () -> list(file));
  }

  @Test
  void aDirectoryWithAFilesNameIsAFaultAndStays() throws Exception {
    Path file = Files.createDirectory(directory.resolve("chunk"));
    assertFault(IoFault.TRANSIENT, () -> io.read(file, buffer(A)));
    assertFault(IoFault.EXISTS, () -> io.write(file, buffer(A)));
    assertTrue(Files.isDirectory(file));
  }

  @Test
  void spaceIsThatOfTheFilesystemAndMissingWithoutADirectory() throws Exception {
    long total = io.totalBytes(directory);
    long usable = io.usableBytes(directory);
    assertTrue(0 < usable && usable <= total, usable + " of " + total);
    assertFault(IoFault.MISSING, () -> io.usableBytes(directory.resolve("none")));
    assertFault(IoFault.MISSING, () -> io.totalBytes(directory.resolve("none")));
  }

  @Test
  void aFileReplacedOrDeletedWhileItIsReadGivesOneFilesBytesOrNone() throws Exception {
    Path file = directory.resolve("chunk");
    int bytes = 256 * A;
    ExecutorService threads = Executors.newSingleThreadExecutor();
    try {
      Future<?> changes =
          threads.submit(
              () -> {
                for (int n = 1; n <= 60; n++) {
                  Path temporary = directory.resolve(".temporary");
                  ByteBuffer content = buffer(bytes);
                  for (int i = 0; i < bytes; i++) {
                    content.put(i, (byte) n);
                  }
                  io.write(temporary, content);
                  io.rename(temporary, file);
                  if (n % 3 == 0) {
                    io.delete(file);
                  }
                }
                return null;
              });
      while (!changes.isDone()) {
        ByteBuffer read = poisoned(bytes);
        try {
          assertEquals(bytes, io.read(file, read));
          assertEquals(read.slice(0, bytes - 1), read.slice(1, bytes - 1), "bytes of two files");
        } catch (ChunkIoException e) {
          assertEquals(IoFault.MISSING, e.fault(), e.getMessage());
        }
      }
      changes.get();
    } finally {
      threads.shutdownNow();
    }
  }

  @Test
  void manyThreadsMayCallAtOnce() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(8);
    try {
      List<Future<Integer>> rounds = new ArrayList<>();
      for (int t = 0; t < 8; t++) {
        int thread = t;
        rounds.add(
            threads.submit(
                () -> {
                  int equal = 0;
                  for (int n = 0; n < 10; n++) {
                    Path file = directory.resolve("d" + n % 3).resolve(thread + "-" + n);
                    io.createDirectories(file.getParent(), 0);
                    ByteBuffer written = random((n + 1) * A, 100L * thread + n);
                    io.write(file, written);
                    ByteBuffer read = poisoned((n + 1) * A);
                    io.read(file, read);
                    equal += read.equals(written) ? 1 : 0;
                    io.delete(file);
                  }
                  return equal;
                }));
      }
      for (Future<Integer> round : rounds) {
        assertEquals(10, round.get());
      }
    } finally {
      threads.shutdownNow();
    }
  }

  @Test
  void oneOfManyWritersOfOneNameWins() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(4);
    try {
      Path file = directory.resolve("chunk");
      List<Future<IoFault>> writers = new ArrayList<>();
      for (int t = 0; t < 4; t++) {
        ByteBuffer bytes = random(64 * A, t);
        writers.add(
            threads.submit(
                () -> {
                  try {
                    io.write(file, bytes);
                    return null;
                  } catch (ChunkIoException e) {
                    return e.fault();
                  }
                }));
      }
      List<IoFault> faults = new ArrayList<>();
      for (Future<IoFault> writer : writers) {
        faults.add(writer.get());
      }
      assertEquals(1, faults.stream().filter(fault -> fault == null).count(), faults.toString());
      assertEquals(3, faults.stream().filter(fault -> fault == IoFault.EXISTS).count());
      ByteBuffer read = poisoned(64 * A);
      assertEquals(64 * A, io.read(file, read));
      assertEquals(random(64 * A, faults.indexOf(null)), read, "not one writer's bytes");
    } finally {
      threads.shutdownNow();
    }
  }
}
