package io.kvcache.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kvcache.PromptKeys;
import io.kvcache.StoreOutcome;
import io.kvcache.fixture.FaultyChunkIo.Gate;
import io.kvcache.fixture.FaultyChunkIo.Op;
import io.kvcache.fixture.StoreFiles;
import io.kvcache.spi.IoFault;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class ChunkDirectoryWriteTest extends StoreTestBase {
  private final PromptKeys keys = prompt(1, 2);

  @Override
  DirectoryStore.Builder settings(DirectoryStore.Builder builder) {
    return builder.maxQueuedBytes(2L * namespace.image(0).imageBytes());
  }

  @Test
  void anImageIsWrittenUnderATemporaryNameWithTheOwnersTokenAndThenRenamed() throws Exception {
    assertEquals(StoreOutcome.WRITTEN, write(keys, 0).get());
    Path file = file(keys, 0);
    List<Path> written = io.paths(Op.WRITE).stream().distinct().toList();
    assertEquals(
        List.of(file.resolveSibling("." + file.getFileName() + "." + store.ownerToken)), written);
    assertEquals(List.of(file), StoreFiles.images(root));
    assertEquals(List.of(), StoreFiles.leftOvers(root));
    assertEquals(ReadOutcome.OK, read(keys, 0).get());
  }

  @Test
  void anImageThatIsThereIsNotWrittenAgain() throws Exception {
    write(keys, 0).get();
    io.forgetCalls();
    assertEquals(StoreOutcome.ALREADY_PRESENT, write(keys, 0).get());
    assertEquals(0, io.count(Op.WRITE));
  }

  @ParameterizedTest
  @CsvSource({
    "NO_SPACE, NO_SPACE",
    "READ_ONLY, READ_ONLY",
    "TRANSIENT, IO_ERROR",
    "MISSING, IO_ERROR",
    "EXISTS, IO_ERROR"
  })
  void aWriteThatFailsIsDeclinedCountedAndLeavesNothing(IoFault fault, StoreOutcome outcome)
      throws Exception {
    io.fail(Op.WRITE, fault);
    assertEquals(outcome, write(keys, 0).get());
    assertEquals(1, store.stats().declined().get(outcome));
    assertEquals(0, store.stats().writes());
    assertEquals(List.of(), StoreFiles.images(root));
    assertEquals(List.of(), StoreFiles.leftOvers(root));
    assertEquals(0, store.stats().temporariesLeft());
    assertEquals(0, store.stats().queuedBytes());
    assertEquals(ReadOutcome.MISSING, read(keys, 0).get());
  }

  @ParameterizedTest
  @EnumSource(IoFault.class)
  void aRenameThatFailsIsDeclinedAndLeavesNothing(IoFault fault) throws Exception {
    io.fail(Op.RENAME, fault);
    StoreOutcome outcome = write(keys, 0).get();
    assertFalse(outcome == StoreOutcome.WRITTEN || outcome == StoreOutcome.ALREADY_PRESENT);
    assertEquals(List.of(), StoreFiles.images(root));
    assertEquals(List.of(), StoreFiles.leftOvers(root));
    io.heal();
    assertFalse(directory.holds(keys, 0, 0), "a failed write must not be remembered as there");
  }

  @Test
  void aSecondWriteOfAnImageBeingWrittenIsDeclinedAsInFlight() throws Exception {
    write(prompt(9, 1), 0).get();
    Gate gate = io.block(Op.RENAME);
    CompletableFuture<StoreOutcome> first = write(keys, 0);
    gate.awaitEntered();
    assertEquals(StoreOutcome.IN_FLIGHT, write(keys, 0).get());
    assertEquals(1, store.stats().declined().get(StoreOutcome.IN_FLIGHT));
    gate.release();
    assertEquals(StoreOutcome.WRITTEN, first.get());
    assertEquals(ReadOutcome.OK, read(keys, 0).get());
    assertEquals(List.of(), StoreFiles.leftOvers(root));
  }

  @Test
  void aTemporaryFileThatCouldNotBeRemovedIsCountedAndDoesNotBlockTheChunkForEver()
      throws Exception {
    io.fail(Op.WRITE, IoFault.TRANSIENT);
    write(keys, 0).get(); // makes the directories
    io.fail(Op.DELETE, IoFault.TRANSIENT);
    assertEquals(StoreOutcome.IO_ERROR, write(keys, 0).get());
    assertEquals(1, StoreFiles.leftOvers(root).size());
    assertTrue(store.stats().temporariesLeft() > 0);
    io.heal();
    assertEquals(StoreOutcome.WRITTEN, write(keys, 0).get());
    assertEquals(List.of(), StoreFiles.leftOvers(root));
    assertEquals(ReadOutcome.OK, read(keys, 0).get());
  }

  @Test
  void aReadOnlyFilesystemLeavesNoTemporaryFileToCount() throws Exception {
    io.fail(Op.WRITE, IoFault.READ_ONLY);
    io.fail(Op.DELETE, IoFault.READ_ONLY);
    assertEquals(StoreOutcome.READ_ONLY, write(keys, 0).get());
    assertEquals(0, store.stats().temporariesLeft());
  }

  @Test
  void aForeignFileInPlaceOfADirectoryIsAnErrorAndNotAWriteInFlight() throws Exception {
    Path shard = file(keys, 0).getParent();
    Files.createDirectories(shard.getParent());
    Files.createSymbolicLink(shard, root.resolve("nowhere"));
    assertEquals(StoreOutcome.IO_ERROR, write(keys, 0).get());
  }

  @Test
  void writesBeyondTheQueueAreDeclinedAndTheQueueEmptiesAgain() throws Exception {
    Gate gate = io.block(Op.WRITE);
    CompletableFuture<StoreOutcome> first = write(keys, 0);
    gate.awaitEntered();
    Gate second = io.block(Op.WRITE);
    CompletableFuture<StoreOutcome> other = write(keys, 1);
    second.awaitEntered();
    assertEquals(2L * namespace.image(0).imageBytes(), store.stats().queuedBytes());
    assertEquals(StoreOutcome.QUEUE_FULL, write(prompt(2, 1), 0).get());
    assertEquals(1, store.stats().declined().get(StoreOutcome.QUEUE_FULL));
    gate.release();
    second.release();
    assertEquals(StoreOutcome.WRITTEN, first.get());
    assertEquals(StoreOutcome.WRITTEN, other.get());
    assertEquals(0, store.stats().queuedBytes());
    assertEquals(StoreOutcome.WRITTEN, write(prompt(2, 1), 0).get());
  }

  @ParameterizedTest
  @EnumSource(
      value = Op.class,
      names = {"EXISTS", "WRITE", "RENAME", "USABLE_BYTES"})
  void whatNoChunkIoShouldThrowIsDeclinedAndLeaksNothing(Op op) throws Exception {
    io.breakDown(op, NoClassDefFoundError::new);
    assertEquals(StoreOutcome.IO_ERROR, write(keys, 0).get());
    io.heal();
    io.breakDown(op, IllegalStateException::new);
    StoreOutcome outcome = write(keys, 0).get();
    assertTrue(outcome == StoreOutcome.IO_ERROR || op == Op.EXISTS, outcome.toString());
    assertEquals(0, store.stats().queuedBytes());
    io.heal();
    write(keys, 1).get();
    assertEquals(ReadOutcome.OK, read(keys, 1).get());
  }

  @Test
  void writesAreDeclinedAtTheFreeSpaceFloorAndFollowTheFilesystemAgain() throws Exception {
    store.close();
    io.setUsableBytes(1 << 20);
    store = DirectoryStore.builder(root).io(io.factory()).freeSpaceFloor(1 << 20).open();
    directory = store.directory(namespace);
    assertEquals(StoreOutcome.NO_SPACE, write(keys, 0).get());
    assertEquals(0, io.count(Op.WRITE));
    assertEquals(1, store.stats().declined().get(StoreOutcome.NO_SPACE));
    io.setUsableBytes(2 << 20);
    try (DirectoryStore again =
        DirectoryStore.builder(root).io(io.factory()).freeSpaceFloor(1 << 20).open()) {
      directory = again.directory(namespace);
      assertEquals(StoreOutcome.WRITTEN, write(keys, 0).get());
    }
  }

  @Test
  void twoStoresMayPublishTheSameImageAtOnce() throws Exception {
    try (DirectoryStore other = DirectoryStore.open(root)) {
      Gate gate = io.block(Op.RENAME);
      CompletableFuture<StoreOutcome> mine = write(keys, 0);
      gate.awaitEntered();
      directory = other.directory(namespace);
      assertEquals(StoreOutcome.WRITTEN, write(keys, 0).get());
      gate.release();
      assertEquals(StoreOutcome.WRITTEN, mine.get());
      assertEquals(ReadOutcome.OK, read(keys, 0).get());
    }
    assertEquals(1, StoreFiles.images(root).size());
    assertEquals(List.of(), StoreFiles.leftOvers(root));
  }

  @Test
  void configJsonIsPublishedOnceByManyThreadsAndItsFailureDeclinesNothing() throws Exception {
    Path blocked = root.resolve(namespace.configDirectory());
    Files.writeString(blocked, "in the way");
    assertEquals(StoreOutcome.WRITTEN, write(keys, 0).get());
    Files.delete(blocked);
    PromptKeys many = prompt(3, 20);
    store.close();
    try (DirectoryStore again = DirectoryStore.open(root)) {
      directory = again.directory(namespace);
      List<CompletableFuture<StoreOutcome>> writes =
          IntStream.range(0, 20).mapToObj(i -> write(many, i)).toList();
      for (CompletableFuture<StoreOutcome> write : writes) {
        assertEquals(StoreOutcome.WRITTEN, write.get());
      }
    }
    assertEquals(
        new String(namespace.config(), StandardCharsets.UTF_8),
        Files.readString(blocked.resolve("config.json")));
    assertEquals(List.of(), StoreFiles.leftOvers(root));
  }
}
