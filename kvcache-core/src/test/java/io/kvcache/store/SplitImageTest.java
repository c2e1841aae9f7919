package io.kvcache.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kvcache.PromptKeys;
import io.kvcache.StoreOutcome;
import io.kvcache.fixture.Await;
import io.kvcache.fixture.FaultyChunkIo.Gate;
import io.kvcache.fixture.SplittingChunkIo;
import io.kvcache.fixture.StoreFiles;
import io.kvcache.spi.ChunkIoException;
import io.kvcache.spi.IoFault;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Images that a {@code ChunkIo} reads and writes in pieces on the store's threads. */
class SplitImageTest extends StoreTestBase {
  private static final int PIECE = 4096;
  private final PromptKeys keys = prompt(1, 20);
  private final int pieces = namespace.image(0).imageBytes() / PIECE;
  private final AtomicLong now = new AtomicLong();
  private SplittingChunkIo splitting;

  @BeforeEach
  void openSplitting() {
    store.close();
    splitting = new SplittingChunkIo(NioChunkIo.buffered("asked for"), PIECE);
    store =
        DirectoryStore.builder(root)
            .io(directory -> splitting)
            .workers(4)
            .readShare(0.01)
            .nanoClock(now::get)
            .open();
    directory = store.directory(namespace);
  }

  @AfterEach
  void nothingIsLeft() {
    store.close();
    Await.until(() -> !store.pool.busy());
    assertEquals(0, store.stats().io().readBytesInFlight());
  }

  private ByteBuffer filled() {
    ByteBuffer slot = slot(0);
    GoldenImage.fill(slot, namespace, 0);
    return slot;
  }

  @Test
  void whatIsWrittenAndReadInPiecesIsTheSameImage() throws Exception {
    List<PendingIo<StoreOutcome>> writes = new ArrayList<>();
    List<ByteBuffer> written = new ArrayList<>();
    for (int i = 0; i < keys.chunks(); i++) {
      written.add(filled());
      writes.add(directory.write(StoredChunk.of(keys, i), 0, written.get(i)));
    }
    for (PendingIo<StoreOutcome> write : writes) {
      assertEquals(StoreOutcome.WRITTEN, write.outcome().get());
    }
    List<PendingIo<ReadOutcome>> reads = new ArrayList<>();
    List<ByteBuffer> read = new ArrayList<>();
    for (int i = 0; i < keys.chunks(); i++) {
      ByteBuffer slot = slot(0);
      read.add(slot);
      Urgency urgency = i % 2 == 0 ? Urgency.DEMAND : Urgency.PREFETCH;
      reads.add(directory.read(StoredChunk.of(keys, i), 0, () -> slot, urgency));
    }
    for (int i = 0; i < keys.chunks(); i++) {
      assertEquals(ReadOutcome.OK, reads.get(i).outcome().get());
      assertEquals(written.get(i), read.get(i));
      assertEquals(
          written.get(i), ByteBuffer.wrap(Files.readAllBytes(file(keys, i))), "chunk " + i);
    }
    assertEquals(2 * keys.chunks() * pieces, splitting.pieces());
  }

  @Test
  void piecesOfAnImageAreMovedAtOnceByThreadsOfTheStore() throws Exception {
    Set<String> threads = ConcurrentHashMap.newKeySet();
    CyclicBarrier barrier = new CyclicBarrier(3);
    assertEquals(3, pieces);
    splitting.before =
        (file, index) -> {
          threads.add(Thread.currentThread().getName());
          try {
            barrier.await(30, TimeUnit.SECONDS);
          } catch (Exception e) {
            throw new AssertionError("one after the other", e);
          }
        };
    assertEquals(StoreOutcome.WRITTEN, write(keys, 0).get());
    assertEquals(ReadOutcome.OK, read(keys, 0).get());
    assertTrue(threads.size() >= 3, threads.toString());
    assertTrue(threads.stream().allMatch(name -> name.startsWith("kvcache-io-")), "" + threads);
  }

  @Test
  void aPieceThatFailsDeclinesTheWriteAndLeavesNothing() throws Exception {
    splitting.before =
        (file, index) -> {
          if (index == 1) {
            throw new ChunkIoException(IoFault.NO_SPACE, "injected", null);
          }
        };
    assertEquals(StoreOutcome.NO_SPACE, write(keys, 0).get());
    assertFalse(Files.exists(file(keys, 0)));
    assertEquals(List.of(), StoreFiles.leftOvers(root));
  }

  @Test
  void aPieceThatBreaksMissesAndLeavesTheFile() throws Exception {
    assertEquals(StoreOutcome.WRITTEN, write(keys, 0).get());
    for (RuntimeException broken :
        new RuntimeException[] {new IllegalStateException("injected"), null}) {
      splitting.before =
          (file, index) -> {
            if (broken != null) {
              throw broken;
            }
          };
      assertEquals(broken == null ? ReadOutcome.OK : ReadOutcome.IO_ERROR, read(keys, 0).get());
    }
    assertEquals(1, store.stats().readErrors());
  }

  @Test
  void aPieceThatHangsIsOneHungImage() throws Exception {
    assertEquals(StoreOutcome.WRITTEN, write(keys, 0).get());
    Gate gate = new Gate();
    splitting.before =
        (file, index) -> {
          if (index == 1) {
            gate.pass();
          }
        };
    PendingIo<ReadOutcome> hung = startRead(keys, 0, Urgency.DEMAND);
    gate.awaitEntered();
    now.addAndGet(Duration.ofSeconds(10).toNanos());
    store.pool.abandonOverdue();
    assertEquals(ReadOutcome.TIMED_OUT, hung.outcome().get());
    assertEquals(1, store.stats().io().abandoned());
    assertFalse(hung.released().isDone());
    assertEquals(ReadOutcome.TIMED_OUT, read(keys, 0).get(), "it is left alone");
    splitting.before = (file, index) -> {};
    assertEquals(StoreOutcome.WRITTEN, write(keys, 1).get());
    gate.release();
    hung.released().get();
    assertEquals(ReadOutcome.OK, read(keys, 0).get(), "and no longer: it was reported once");
  }
}
