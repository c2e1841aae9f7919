package io.kvcache.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.kvcache.PromptKeys;
import io.kvcache.StoreOutcome;
import io.kvcache.fixture.FaultyChunkIo.Call;
import io.kvcache.fixture.FaultyChunkIo.Gate;
import io.kvcache.fixture.FaultyChunkIo.Op;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class DirectoryStoreTest extends StoreTestBase {
  @Override
  DirectoryStore.Builder settings(DirectoryStore.Builder builder) {
    return builder.workers(1).closeTimeout(Duration.ofMillis(50));
  }

  @Test
  void theOwnerFileSaysWhoWritesAndGoesWithTheStore() throws Exception {
    Path file = root.resolve(".owners").resolve(store.ownerToken);
    JsonNode owner = new ObjectMapper().readTree(Files.readAllBytes(file));
    assertEquals(ProcessHandle.current().pid(), owner.get("pid").asLong());
    assertEquals(
        Files.readString(Path.of("/proc/sys/kernel/random/boot_id")).trim(),
        owner.get("boot_id").asText());
    assertEquals(
        Files.readSymbolicLink(Path.of("/proc/self/ns/pid")).toString(),
        owner.get("pid_ns").asText());
    assertEquals(
        Files.readString(Path.of("/proc/sys/kernel/hostname")).trim(), owner.get("host").asText());
    assertEquals(
        ProcessHandle.current().info().startInstant().orElseThrow().toEpochMilli(),
        owner.get("start").asLong());
    assertEquals(5, owner.size());
    assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
    assertEquals(
        "rwx------",
        PosixFilePermissions.toString(Files.getPosixFilePermissions(file.getParent())));
    store.close();
    assertFalse(Files.exists(file));
  }

  @Test
  void anInterruptedCloseKeepsTheFlagAndStillGivesUpTheToken() throws Exception {
    Path file = root.resolve(".owners").resolve(store.ownerToken);
    Thread.currentThread().interrupt();
    store.close();
    assertTrue(Thread.interrupted());
    // The thread that keeps the file removes it; here nobody could wait for that.
    long deadline = System.nanoTime() + 30_000_000_000L;
    while (Files.exists(file) && System.nanoTime() < deadline) {
      Thread.onSpinWait();
    }
    assertFalse(Files.exists(file));
  }

  @Test
  void everyStoreHasATokenOfItsOwn() {
    try (DirectoryStore other = DirectoryStore.open(root)) {
      assertFalse(store.ownerToken.equals(other.ownerToken));
    }
  }

  @Test
  void aFileWhereTheDirectoryShouldBeIsRefusedByName() throws Exception {
    Path file = Files.writeString(root.resolve("file"), "x");
    IllegalArgumentException refused =
        assertThrows(IllegalArgumentException.class, () -> DirectoryStore.open(file));
    assertTrue(refused.getMessage().contains(file.toString()), refused.getMessage());
  }

  @Test
  void aDirectoryThatCannotBeMadeMissesAndDeclinesAndSaysWhyItIsBuffered() throws Exception {
    Path file = Files.writeString(root.resolve("file"), "x");
    try (DirectoryStore broken = DirectoryStore.open(file.resolve("below"))) {
      assertFalse(broken.mode().direct());
      directory = broken.directory(namespace);
      PromptKeys keys = prompt(1, 2);
      assertEquals(0, directory.leadingChunks(keys, 0, 2));
      assertEquals(StoreOutcome.IO_ERROR, write(keys, 0).get());
      assertEquals(ReadOutcome.IO_ERROR, read(keys, 0).get());
    }
  }

  @Test
  void aDirectoryThatComesLaterIsUsed() throws Exception {
    Path file = Files.writeString(root.resolve("file"), "x");
    Path late = file.resolve("below");
    try (DirectoryStore patient = DirectoryStore.open(late)) {
      directory = patient.directory(namespace);
      PromptKeys keys = prompt(1, 1);
      assertEquals(StoreOutcome.IO_ERROR, write(keys, 0).get());
      Files.delete(file);
      assertEquals(StoreOutcome.WRITTEN, write(keys, 0).get());
      assertEquals(ReadOutcome.OK, read(keys, 0).get());
    }
  }

  @Test
  void openingMakesTheDirectoryForItsOwnerOnly() throws Exception {
    Path made = root.resolve("a/b");
    DirectoryStore.open(made).close();
    assertEquals("rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(made)));
  }

  @Test
  void statsNameTheModeThatTheIoProved() {
    assertEquals(io.mode().label(), store.stats().mode());
    assertEquals(io.mode().reason(), store.stats().modeReason());
    assertEquals(1, store.stats().workers());
  }

  @Test
  void aClosedStoreAnswersAndThrowsNothing() throws Exception {
    PromptKeys keys = prompt(1, 2);
    write(keys, 0).get();
    store.close();
    store.close();
    assertTrue(store.isClosed());
    assertTrue(io.isClosed());
    assertEquals(StoreOutcome.TIER_DOWN, write(keys, 1).get());
    assertEquals(1, store.stats().declined().get(StoreOutcome.TIER_DOWN));
    assertEquals(ReadOutcome.TIER_DOWN, read(keys, 0).get());
    assertEquals(-1, directory.onPool(() -> directory.leadingChunks(keys, 0, 2), -1).get());
    directory.stamp(
        List.of(new ChunkDirectory.Stamp(StoredChunk.of(keys, 0), 0, () -> {}, () -> {})));
    assertEquals(0, store.stats().stamps());
    assertEquals(0, store.stats().queuedBytes());
  }

  @Test
  void aLookupThatBreaksIsAnswered() throws Exception {
    assertEquals(
        -1,
        directory
            .onPool(
                () -> {
                  throw new IllegalStateException("broken on purpose");
                },
                -1)
            .get());
  }

  @Test
  void closingWaitsForAHungCallNoLongerThanItsTimeout() throws Exception {
    PromptKeys keys = prompt(1, 3);
    write(keys, 0).get();
    Gate gate = io.block(Op.READ);
    CompletableFuture<ReadOutcome> hung = read(keys, 0);
    gate.awaitEntered();
    CompletableFuture<ReadOutcome> queuedRead = read(keys, 0);
    CompletableFuture<StoreOutcome> queuedWrite = write(keys, 1);
    store.close();
    io.forgetCalls();
    assertEquals(ReadOutcome.TIER_DOWN, queuedRead.get());
    assertEquals(StoreOutcome.TIER_DOWN, queuedWrite.get());
    assertEquals(0, store.stats().queuedBytes());
    assertFalse(hung.isDone(), "its buffer belongs to the call until that returns");
    gate.release();
    assertEquals(ReadOutcome.OK, hung.get());
    assertFalse(gate.threadWasInterrupted());
    assertEquals(List.of(), io.calls(), "nothing touches the filesystem after close");
  }

  @Test
  void allIoOfImagesRunsOnTheStoresThreads() throws Exception {
    PromptKeys keys = prompt(1, 1);
    write(keys, 0).get();
    read(keys, 0).get();
    directory.stamp(
        List.of(new ChunkDirectory.Stamp(StoredChunk.of(keys, 0), 0, () -> {}, () -> {})));
    directory.onPool(() -> directory.holds(keys, 0, 0), false).get();
    assertTrue(io.calls().size() > 4, io.calls().toString());
    for (Call call : io.calls()) {
      assertTrue(call.thread().startsWith("kvcache-io-"), call.toString());
    }
  }

  @Test
  void settingsOutOfRangeAreRefusedWithTheValue() {
    for (var wrong :
        List.<Runnable>of(
            () -> DirectoryStore.builder(root).workers(0),
            () -> DirectoryStore.builder(root).workers(1025),
            () -> DirectoryStore.builder(root).freeSpaceFloor(-1),
            () -> DirectoryStore.builder(root).maxQueuedBytes(0),
            () -> DirectoryStore.builder(root).stampInterval(Duration.ZERO),
            () -> DirectoryStore.builder(root).stampInterval(Duration.ofNanos(999_999)),
            () -> DirectoryStore.builder(root).maxReadBytesInFlight(0),
            () -> DirectoryStore.builder(root).maxQueuedTime(Duration.ZERO),
            () -> DirectoryStore.builder(root).ioTimeout(Duration.ZERO),
            () -> DirectoryStore.builder(root).ioTimeout(Duration.ofSeconds(-1)),
            () -> DirectoryStore.builder(root).breakerWindow(Duration.ZERO),
            () -> DirectoryStore.builder(root).presenceTtl(Duration.ofNanos(-1)),
            () -> DirectoryStore.builder(root).closeTimeout(Duration.ZERO))) {
      String message = assertThrows(IllegalArgumentException.class, wrong::run).getMessage();
      assertTrue(message.matches("(?s).*(\\d|PT).*"), message);
    }
    assertThrows(NullPointerException.class, () -> DirectoryStore.open(null));
  }
}
