package io.kvcache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kvcache.fixture.ChildJvm;
import io.kvcache.fixture.PrintMode;
import io.kvcache.store.DirectoryStore;
import java.io.File;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModulePathTest {
  @Test
  void aStoreOnTheModulePathHasTheModeItHasOnTheClassPath(@TempDir Path directory)
      throws Exception {
    String mode;
    try (DirectoryStore store = DirectoryStore.open(directory)) {
      mode = store.mode().toString();
    }
    Path core = location(DirectoryStore.class);
    assertTrue(
        !Files.isDirectory(core) || Files.exists(core.resolve("module-info.class")),
        core + " has no module-info.class: build it with Maven");
    String modulePath =
        Stream.concat(
                Stream.of(core.toString()),
                Pattern.compile(File.pathSeparator, Pattern.LITERAL)
                    .splitAsStream(ChildJvm.classPath())
                    .filter(entry -> entry.matches(".*/(netty|slf4j-api|jackson)[^/]*\\.jar")))
            .collect(Collectors.joining(File.pathSeparator));
    try (ChildJvm child =
        ChildJvm.start(
            List.of(),
            List.of(
                "--module-path",
                modulePath,
                "--add-modules",
                "io.kvcache.core",
                "-cp",
                location(PrintMode.class).toString(),
                PrintMode.class.getName(),
                directory.toString()))) {
      assertEquals("io.kvcache.core", child.nextLine());
      assertEquals(mode, child.nextLine());
      assertEquals(0, child.exitCode());
    }
  }

  private static Path location(Class<?> type) throws URISyntaxException {
    return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI());
  }
}
