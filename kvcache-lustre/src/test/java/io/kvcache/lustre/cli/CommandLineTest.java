package io.kvcache.lustre.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What all commands have in common, and what they refuse. */
class CommandLineTest extends CommandTestBase {
  @ParameterizedTest
  @ValueSource(strings = {"probe", "stat", "verify", "evict"})
  void aDirectoryThatIsNotThereIsBadInputAndIsNotMade(String command) {
    Path missing = root.resolve("kv/cache");
    assertRefused("there is no such directory", command, missing.toString());
    assertFalse(Files.exists(missing.getParent(), LinkOption.NOFOLLOW_LINKS));
  }

  @ParameterizedTest
  @ValueSource(strings = {"probe", "stat", "verify", "evict"})
  void aFileIsBadInput(String command) throws Exception {
    Path file = Files.createFile(root.resolve("file"));
    assertRefused("is no directory", command, file.toString());
    assertRefused("DIR", command);
  }

  @ParameterizedTest
  @ValueSource(strings = {"stat", "verify", "evict"})
  void anEmptyDirectoryIsFineAndKeepsThePlaceWhereOwnersAreNamed(String command) throws Exception {
    json(command, root.toString(), "--json");
    assertEquals(List.of(".owners"), List.of(root.toFile().list()));
    assertEquals(List.of(), List.of(root.resolve(".owners").toFile().list()));
  }

  @Test
  void aProbeLeavesNothing() throws Exception {
    json("probe", root.toString(), "--json");
    assertEquals(List.of(), List.of(root.toFile().list()));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--high 1.5 | --high 1.5 --low 0.7: fractions, 0 < low < high <= 1",
        "--high 0.5 | --high 0.5 --low 0.7",
        "--low 0 | --low 0.0",
        "--low 0.9 | --low 0.9",
        "--high NaN | NaN",
        "--high 85 --low 70 | fractions",
        "--high much | much",
        "--budget 10GB --high 0.9 | contradict",
        "--budget 10GB --low 0.9 | contradict",
        "--budget 10QB | unit QB: one of kB, MB",
        "--budget 10G | unit G",
        "--budget -3 | \"-3\" is no size",
        "--budget 0 | from 1 byte",
        "--budget 0.1 | from 1 byte",
        "--budget 99999PiB | from 1 byte to 2^63 - 1",
        "--budget lots | is no size",
        "--daemon --dry-run | --daemon --dry-run",
        "--interval 5 | without --daemon",
        "--daemon --interval 0 | from 1 to 86400",
        "--scan-rate 0 | --scan-rate 0: 1 at least",
        "--unlink-rate 0 | --unlink-rate 0: 1 at least",
        "--stamp-interval 10 | \"10\" is no time: a number with a unit, such as",
        "--stamp-interval 0m | stampInterval = PT0S: more than zero",
        "--stamp-interval -1m | is no time",
        "--settle soon | is no time",
        "--settle 9000h | settleTime = PT9000H: more than zero, at most a year",
        "--budget 10GB --settle 9s | contradict",
        "--nonsense | --nonsense",
        "elsewhere | elsewhere",
      })
  void badInputOfEvictIsOneLineAndExitCodeTwo(String args, String expected) {
    String[] words = ("evict " + root + " " + args).split(" ");
    assertRefused(expected, words);
  }

  @Test
  void aMissingOrUnknownCommandIsBadInput() {
    assertRefused("no command given: one of probe, stat, verify, evict");
    assertRefused("nonsense", "nonsense");
  }

  @Test
  void helpAndVersionGoToStdout() {
    assertTrue(text("--help").contains("verify"));
    assertTrue(text("evict", "--help").contains("--budget"));
    assertTrue(text("--version").contains("kvcache-lustre "));
  }

  @Test
  void probeSaysWhatAStoreThereWouldDo() throws Exception {
    var probe = json("probe", root.toString(), "--json");
    assertFalse(probe.get("filesystem").textValue().isEmpty());
    assertTrue(probe.get("alignment").intValue() >= 512);
    assertTrue(List.of("DIRECT", "BUFFERED").contains(probe.get("mode").textValue()));
    assertFalse(probe.get("reason").textValue().isEmpty());
    assertTrue(probe.get("stripe_count").isInt());
    assertTrue(probe.get("stripe_size_bytes").isNumber());
    assertTrue(text("probe", root.toString()).contains(probe.get("reason").textValue()));
  }
}
