package io.kvcache.lustre.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.kvcache.fixture.StoreFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class EvictCommandTest extends CommandTestBase {
  private boolean mounted;

  private void mountSmall() throws Exception {
    mounted =
        execute("mount", "-t", "tmpfs", "-o", "size=2m,mode=700", "kvcache", root.toString()) == 0;
    assumeTrue(mounted, "no right to mount a tmpfs");
  }

  private static int execute(String... command) throws IOException, InterruptedException {
    return new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .start()
        .waitFor();
  }

  @AfterEach
  void unmount() throws Exception {
    if (mounted) {
      assertEquals(0, execute("umount", root.toString()), "a file is still open");
    }
  }

  private List<Path> fillAndAge(int chunks) throws IOException {
    fill(chunks);
    List<Path> images = StoreFiles.images(root);
    for (Path image : images) {
      Files.setLastModifiedTime(image, FileTime.fromMillis(1_600_000_000_000L));
    }
    return images;
  }

  @Test
  void aBudgetLeavesSeventyPercentOfItAndTakesTheColdest() throws Exception {
    List<Path> images = fillAndAge(20);
    long image = Files.size(images.get(0));
    List<Path> used = images.subList(0, 14);
    for (Path file : used) {
      Files.setLastModifiedTime(file, FileTime.fromMillis(1_700_000_000_000L));
    }
    String budget = Long.toString(20 * image);
    JsonNode dry = json("evict", root.toString(), "--budget", budget, "--dry-run", "--json");
    assertEquals(6, dry.get("deleted").longValue());
    assertTrue(dry.get("dry_run").booleanValue());
    assertEquals(images, StoreFiles.images(root));
    JsonNode evict = json("evict", root.toString(), "--budget", budget, "--json");
    assertEquals(20, evict.get("scanned").longValue());
    assertEquals(6, evict.get("deleted").longValue());
    assertEquals(6 * image, evict.get("bytes_freed").longValue());
    assertEquals(20 * image, evict.get("usage_before").longValue());
    assertEquals(14 * image, evict.get("usage_after").longValue());
    assertEquals(used, StoreFiles.images(root));
    assertTrue(text("evict", root.toString(), "--budget", budget).startsWith("removed 0 of 14"));
  }

  @Test
  void watermarksAreThoseOfTheFilesystemWhoeverFilledIt() throws Exception {
    mountSmall();
    fillAndAge(60); // 60 of 12 KiB, and twice as many directories' entries
    Path ballast = Files.write(root.resolve("ballast"), new byte[1 << 20]);
    JsonNode before = json("evict", root.toString(), "--high", "0.95", "--json");
    assertEquals(0, before.get("deleted").longValue());
    double size = before.get("filesystem_bytes").doubleValue();
    double used = before.get("filesystem_used_bytes").doubleValue() / size;
    assertTrue(used > 0.8 && used < 0.95, "used " + used);
    JsonNode evict =
        json("evict", root.toString(), "--high", "0.8", "--low", "0.6", "--settle", "0s", "--json");
    assertTrue(evict.get("deleted").longValue() > 10, evict.toString());
    assertTrue(evict.get("deleted").longValue() < 60, evict.toString());
    double after = evict.get("filesystem_used_bytes").doubleValue() / size;
    assertTrue(after <= 0.6 && after > 0.6 - 2 * 12288 / size, "used " + after);
    assertEquals(1 << 20, Files.size(ballast));
    assertEquals(0, json("verify", root.toString(), "--json").get("corrupt").longValue());
    JsonNode rest =
        json("evict", root.toString(), "--high", "0.4", "--low", "0.1", "--settle", "0s", "--json");
    assertEquals(rest.get("scanned"), rest.get("deleted"), "ours is not enough");
    assertEquals(1 << 20, Files.size(ballast));
  }

  @Test
  void chunksUsedInOneStampIntervalAreToldApartByPlaceAsTheEnginesWould() throws Exception {
    String budget = Long.toString(10 * Files.size(fillAndAge(10).get(0)));
    // Within one hour, the deepest were used last.
    List<Path> images = StoreFiles.images(root);
    for (Path image : images) {
      Files.setLastModifiedTime(
          image, FileTime.fromMillis(1_600_002_000_000L + 60_000L * place(image)));
    }
    json("evict", root.toString(), "--budget", budget, "--stamp-interval", "1h", "--json");
    for (Path image : images) {
      assertEquals(place(image) < 7, Files.exists(image), image.toString());
    }
  }

  private static int place(Path image) {
    return Integer.parseInt(image.getFileName().toString().replaceAll(".*-|\\.g0", ""));
  }

  @Test
  void filesAreRemovedAtTheRateThatWasAskedFor() throws Exception {
    String budget = Long.toString(20 * Files.size(fillAndAge(20).get(0)));
    long start = System.nanoTime();
    JsonNode evict =
        json("evict", root.toString(), "--budget", budget, "--unlink-rate", "10", "--json");
    assertEquals(6, evict.get("deleted").longValue());
    assertTrue(System.nanoTime() - start > 400_000_000L, "six files in less than 0.4 s");
  }
}
