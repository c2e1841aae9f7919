package io.kvcache.bench.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kvcache.lustre.cli.CommandLineException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NewDirectoryTest {
  @TempDir Path folder;

  private long left() throws IOException {
    try (Stream<Path> all = Files.list(folder)) {
      return all.count();
    }
  }

  @Test
  void everyDirectoryThatWasMadeIsRemoved() throws IOException {
    Path deep = folder.resolve("a").resolve("b").resolve("..").resolve("c");
    NewDirectory made = NewDirectory.make("--dir", deep);
    assertTrue(Files.isDirectory(deep));
    made.remove();
    assertEquals(0, left());
  }

  @Test
  void whatWasThereBeforeStays() throws IOException {
    Path before = Files.createDirectory(folder.resolve("before"));
    NewDirectory.make("--dir", before).remove();
    NewDirectory.make("--dir", before.resolve("new")).remove();
    assertTrue(Files.isDirectory(before));
    assertFalse(Files.exists(before.resolve("new")));
  }

  @Test
  void whatSomebodyElseUsesMeanwhileStays() throws IOException {
    NewDirectory made = NewDirectory.make("--dir", folder.resolve("a").resolve("b"));
    Files.createFile(folder.resolve("a").resolve("theirs"));
    made.remove();
    assertTrue(Files.exists(folder.resolve("a").resolve("theirs")));
    assertFalse(Files.exists(folder.resolve("a").resolve("b")));
  }

  @Test
  void whatCannotBeMadeLeavesNothing() throws IOException {
    String tooLong = "x".repeat(300);
    CommandLineException e =
        assertThrows(
            CommandLineException.class,
            () -> NewDirectory.make("--dir", folder.resolve("a").resolve(tooLong)));
    assertTrue(e.getMessage().startsWith("--dir "), e.getMessage());
    assertEquals(0, left());
  }
}
