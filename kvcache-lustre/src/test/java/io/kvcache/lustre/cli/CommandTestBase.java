package io.kvcache.lustre.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.kvcache.KvCache;
import io.kvcache.KvLayout;
import io.kvcache.fixture.FakeEngine;
import io.kvcache.fixture.Layouts;
import io.kvcache.store.DirectoryStore;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Runs commands in this JVM on a directory that a real cache has filled. */
@Timeout(120)
abstract class CommandTestBase {
  @TempDir Path root;
  final StringWriter out = new StringWriter();
  final StringWriter err = new StringWriter();

  int run(String... args) {
    out.getBuffer().setLength(0);
    err.getBuffer().setLength(0);
    return Main.run(new PrintWriter(out, true), new PrintWriter(err, true), args);
  }

  JsonNode json(String... args) throws IOException {
    assertEquals(0, run(args), err::toString);
    assertEquals("", err.toString());
    assertEquals(1, out.toString().lines().count(), "one JSON object, one line");
    return new ObjectMapper().readTree(out.toString());
  }

  String text(String... args) {
    assertEquals(0, run(args), err::toString);
    assertEquals("", err.toString());
    return out.toString();
  }

  void assertRefused(String expected, String... args) {
    assertEquals(2, run(args), out::toString);
    assertEquals("", out.toString());
    assertEquals(1, err.toString().lines().count(), err::toString);
    assertTrue(err.toString().startsWith("kvcache-lustre"), err::toString);
    assertTrue(err.toString().contains(expected), err::toString);
  }

  /** Stores a prompt of so many chunks. */
  static void fill(Path root, KvLayout layout, int rank, int world, long seed, int chunks) {
    int[] tokens = FakeEngine.prompt(seed, chunks * Layouts.CHUNK);
    try (DirectoryStore store = DirectoryStore.builder(root).freeSpaceFloor(0).open();
        KvCache cache = Layouts.cache(layout).shard(rank, world).store(store).build()) {
      var source = new FakeEngine(layout, tokens).source();
      assertTrue(
          cache.store(cache.keys(tokens), tokens.length, source).persisted().join().complete());
    }
  }

  void fill(int chunks) {
    fill(root, Layouts.FULL, 0, 1, 1, chunks);
  }
}
