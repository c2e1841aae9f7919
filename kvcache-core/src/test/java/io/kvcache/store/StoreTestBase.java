package io.kvcache.store;

import io.kvcache.KvLayout;
import io.kvcache.KvScope;
import io.kvcache.PromptKeys;
import io.kvcache.StoreOutcome;
import io.kvcache.fixture.FakeEngine;
import io.kvcache.fixture.FaultyChunkIo;
import io.kvcache.fixture.Layouts;
import io.kvcache.prefix.HashedPrompt;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A store on real files whose I/O can be made to fail, and one namespace in it. */
@Timeout(60)
abstract class StoreTestBase {
  static final String SEED = "vllm-none-hash";

  @TempDir Path root;
  FaultyChunkIo io;
  DirectoryStore store;
  ChunkDirectory directory;

  final Namespace namespace = new Namespace(Layouts.MODEL, layout(), SEED, 0, 1);

  KvLayout layout() {
    return Layouts.FULL;
  }

  DirectoryStore.Builder settings(DirectoryStore.Builder builder) {
    return builder;
  }

  @BeforeEach
  void openStore() {
    io = new FaultyChunkIo(NioChunkIo.open(root));
    store = settings(DirectoryStore.builder(root).io(io.factory())).open();
    directory = store.directory(namespace);
  }

  @AfterEach
  void closeStore() {
    io.heal();
    store.close();
  }

  PromptKeys prompt(long seed, int chunks) {
    return HashedPrompt.of(
        layout(), SEED, FakeEngine.prompt(seed, chunks * layout().chunkTokens()), KvScope.NONE);
  }

  ByteBuffer slot(int group) {
    return GoldenImage.slot(namespace.image(group).imageBytes(), 0xFF);
  }

  CompletableFuture<StoreOutcome> write(PromptKeys keys, int chunk) {
    return startWrite(keys, chunk).outcome();
  }

  PendingIo<StoreOutcome> startWrite(PromptKeys keys, int chunk) {
    ByteBuffer slot = slot(0);
    GoldenImage.fill(slot, namespace, 0);
    return directory.write(StoredChunk.of(keys, chunk), 0, slot);
  }

  CompletableFuture<ReadOutcome> read(PromptKeys keys, int chunk) {
    return startRead(keys, chunk, Urgency.DEMAND).outcome();
  }

  PendingIo<ReadOutcome> startRead(PromptKeys keys, int chunk, Urgency urgency) {
    return directory.read(StoredChunk.of(keys, chunk), 0, () -> slot(0), urgency);
  }

  Path file(PromptKeys keys, int chunk) {
    String hex = keys.chunk(chunk).hex();
    return root.resolve(namespace.imageDirectory())
        .resolve(hex.substring(0, 3))
        .resolve(hex + "-" + chunk + ".g0");
  }

  /** Makes names that a lookup finds; nothing reads them. */
  void makeEmptyFiles(PromptKeys keys, int from, int to) throws Exception {
    for (int i = from; i < to; i++) {
      Files.createDirectories(file(keys, i).getParent());
      Files.createFile(file(keys, i));
    }
  }
}
