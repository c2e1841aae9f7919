package io.kvcache.lustre.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.kvcache.fixture.Layouts;
import io.kvcache.fixture.StoreFiles;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class VerifyCommandTest extends CommandTestBase {
  private static Map<String, String> named(JsonNode list) {
    Map<String, String> faults = new TreeMap<>();
    list.forEach(e -> faults.put(e.get("file").textValue(), e.get("fault").textValue()));
    return faults;
  }

  @Test
  void everyKindOfCorruptionIsFoundAndNothingIsRemoved() throws Exception {
    fill(10);
    fill(root, Layouts.HYBRID, 0, 1, 2, 4);
    List<Path> files = StoreFiles.images(root);
    int images = files.size();
    // Of the layout with one full group: its files have one size.
    List<Path> full = files.stream().filter(f -> f.toString().endsWith(".g0")).toList();
    StoreFiles.flip(full.get(0), 70);
    StoreFiles.flip(full.get(1), 4096 + 3);
    StoreFiles.truncate(full.get(2), 5000);
    Path renamed =
        Files.move(
            full.get(3),
            full.get(3)
                .resolveSibling(full.get(3).getFileName().toString().replaceAll("-\\d+", "-999")));
    Path strange = root.resolve("other_0123456789ab_r0/" + full.get(4).getParent().getFileName());
    Path moved = Files.createDirectories(strange).resolve(full.get(4).getFileName());
    Files.move(full.get(4), moved);
    JsonNode verify = json("verify", root.toString(), "--json");
    assertEquals(images, verify.get("checked").longValue());
    assertEquals(5, verify.get("corrupt").longValue());
    assertEquals(0, verify.get("foreign").longValue());
    assertEquals(
        new TreeMap<>(
            Map.of(
                full.get(0).toString(), "HEADER_CHECKSUM",
                full.get(1).toString(), "PAYLOAD_CHECKSUM",
                full.get(2).toString(), "LENGTH",
                renamed.toString(), "KEY",
                moved.toString(), "FINGERPRINT")),
        named(verify.get("corrupt_files")));
    assertEquals(images, StoreFiles.images(root).size());
    String text = text("verify", root.toString());
    assertTrue(text.contains("corrupt " + renamed + ": KEY"), text);
    assertTrue(text.contains("5 corrupt, 0 of those removed"), text);
  }

  @Test
  void whatIsWrongGoesIfAskedForAndTheRestIsServed() throws Exception {
    fill(10);
    List<Path> files = StoreFiles.images(root);
    StoreFiles.flip(files.get(2), 100);
    JsonNode verify = json("verify", root.toString(), "--delete", "--json");
    assertEquals(1, verify.get("removed").longValue());
    assertFalse(Files.exists(files.get(2)));
    assertEquals(9, StoreFiles.images(root).size());
    assertEquals(0, json("verify", root.toString(), "--json").get("corrupt").longValue());
  }

  @Test
  void linksAndForeignFilesAreCountedAndLeft() throws Exception {
    fill(3);
    Path shard = StoreFiles.images(root).get(0).getParent();
    Path note = Files.write(shard.resolve("note.txt"), new byte[10]);
    Path name = shard.resolve(shard.getFileName() + "0".repeat(61) + "-0.g0");
    Path link = Files.createSymbolicLink(name, note);
    JsonNode verify = json("verify", root.toString(), "--delete", "--json");
    assertEquals(3, verify.get("checked").longValue());
    assertEquals(0, verify.get("corrupt").longValue());
    assertEquals(2, verify.get("foreign").longValue());
    assertTrue(Files.exists(note) && Files.exists(link, LinkOption.NOFOLLOW_LINKS));
  }

  @Test
  void aLaterFormatIsForeign() throws Exception {
    fill(3);
    StoreFiles.forge(StoreFiles.images(root).get(0), header -> header.putShort(8, (short) 2));
    JsonNode verify = json("verify", root.toString(), "--delete", "--json");
    assertEquals(0, verify.get("corrupt").longValue());
    assertEquals(1, verify.get("foreign").longValue());
    assertEquals(1, verify.get("unknown_version").longValue());
    assertEquals(3, StoreFiles.images(root).size());
  }
}
