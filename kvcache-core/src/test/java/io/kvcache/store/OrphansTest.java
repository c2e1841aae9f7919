package io.kvcache.store;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kvcache.PromptKeys;
import io.kvcache.StoreOutcome;
import io.kvcache.fixture.ChildJvm;
import io.kvcache.fixture.FaultyChunkIo.Gate;
import io.kvcache.fixture.FaultyChunkIo.Op;
import io.kvcache.fixture.StoreFiles;
import io.kvcache.fixture.TornWriter;
import io.kvcache.spi.IoFault;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** Which temporary files a pass removes: those whose owners are dead, whatever their age. */
class OrphansTest extends StoreTestBase {
  private static final String TOKEN = "aBcdefgh";
  private static final OwnerIdentity US = OwnerIdentity.current();
  private final PromptKeys keys = prompt(1, 2);

  private EvictionReport pass() {
    return store.evict(1L << 40, 0.85, 0.7, false);
  }

  private Path temporary(String token) throws Exception {
    Path file = file(keys, 0);
    Files.createDirectories(file.getParent());
    return Files.write(file.resolveSibling("." + file.getFileName() + "." + token), new byte[8192]);
  }

  private Path owner(String token, OwnerIdentity identity) throws Exception {
    return Files.write(root.resolve(".owners").resolve(token), identity.json());
  }

  private static Path minutesOld(Path file, int minutes) throws Exception {
    return Files.setLastModifiedTime(
        file, FileTime.fromMillis(System.currentTimeMillis() - 60_000L * minutes));
  }

  private static OwnerIdentity elsewhere() {
    return new OwnerIdentity("other", "another boot", US.pidNamespace(), US.pid(), 1);
  }

  @Test
  void whatAKilledProcessLeftGoesAtOnceAndItsOwnerFileToo() throws Exception {
    try (ChildJvm child = ChildJvm.start(TornWriter.class, root.toString(), "42", "64", "2")) {
      assertEquals("torn", child.nextLine());
      assertEquals(0, pass().orphansRemoved(), "it lives");
      assertEquals(1, StoreFiles.leftOvers(root).size());
      child.kill();
    }
    EvictionReport report = pass();
    assertEquals(2, report.orphansRemoved());
    assertEquals(List.of(), StoreFiles.leftOvers(root));
    assertEquals(1, StoreFiles.images(root).size(), "what it published stays");
    assertEquals(report.usageBefore() - 8192, report.usageAfter());
    try (var owners = Files.list(root.resolve(".owners"))) {
      assertEquals(List.of(root.resolve(".owners").resolve(store.ownerToken)), owners.toList());
    }
  }

  @Test
  void aPidThatAnotherProcessHasNowIsNoSignOfLife() throws Exception {
    Path left = temporary(TOKEN);
    Path owner =
        owner(
            TOKEN,
            new OwnerIdentity(
                US.host(), US.bootId(), US.pidNamespace(), US.pid(), US.startMillis() - 3_600_000));
    assertEquals(2, pass().orphansRemoved());
    assertFalse(Files.exists(left));
    assertFalse(Files.exists(owner));
  }

  @Test
  void theTemporaryFileOfALivingProcessStaysHoweverOldItIs() throws Exception {
    Path left = minutesOld(temporary(TOKEN), 6000);
    Path owner = minutesOld(owner(TOKEN, US), 6000);
    assertEquals(0, pass().orphansRemoved());
    assertTrue(Files.exists(left));
    assertTrue(Files.exists(owner));
  }

  @Test
  void anOwnerThatCannotBeSeenIsDeadTenMinutesAfterItsLastSignOfLife() throws Exception {
    Path left = minutesOld(temporary(TOKEN), 6000);
    Path owner = minutesOld(owner(TOKEN, elsewhere()), 9);
    assertEquals(0, pass().orphansRemoved());
    minutesOld(owner, 11);
    assertEquals(2, pass().orphansRemoved());
    assertFalse(Files.exists(left));
    assertFalse(Files.exists(owner));
  }

  @Test
  void anOwnerFileThatMakesNoSenseIsJudgedByItsAge() throws Exception {
    Path left = temporary(TOKEN);
    Path owner = Files.writeString(root.resolve(".owners").resolve(TOKEN), "{\"pid\":");
    assertEquals(0, pass().orphansRemoved());
    minutesOld(owner, 11);
    assertEquals(2, pass().orphansRemoved());
    assertFalse(Files.exists(left));
  }

  @Test
  void aFileWithoutAnOwnerIsJudgedByItsOwnAge() throws Exception {
    Path young = minutesOld(temporary(TOKEN), 9);
    Path old = minutesOld(temporary("zZzzzzzz"), 11);
    assertEquals(1, pass().orphansRemoved());
    assertTrue(Files.exists(young));
    assertFalse(Files.exists(old));
  }

  @Test
  void leftoversOfProbesAndOfConfigurationsGoToo() throws Exception {
    assertEquals(StoreOutcome.WRITTEN, write(keys, 0).get());
    Path config = root.resolve(namespace.configDirectory());
    List<Path> left =
        List.of(root.resolve(".probe." + TOKEN), config.resolve(".config.json." + TOKEN));
    for (Path file : left) {
      minutesOld(Files.createFile(file), 11);
    }
    assertEquals(2, pass().orphansRemoved());
    assertEquals(List.of(), StoreFiles.leftOvers(root));
    assertTrue(Files.exists(config.resolve("config.json")));
  }

  @Test
  void whatWeAreWritingIsNeverAnOrphan() throws Exception {
    write(prompt(9, 1), 0).get();
    Gate gate = io.block(Op.RENAME);
    CompletableFuture<StoreOutcome> writing = write(keys, 0);
    gate.awaitEntered();
    for (Path file : StoreFiles.leftOvers(root)) {
      minutesOld(file, 6000);
    }
    assertEquals(0, pass().orphansRemoved());
    gate.release();
    assertEquals(StoreOutcome.WRITTEN, writing.get());
  }

  @Test
  void whereOwnersCannotBeSeenNobodyIsTakenForDead() throws Exception {
    Path left = minutesOld(temporary(TOKEN), 6000);
    io.fail(Op.LIST, root.resolve(".owners")::equals, IoFault.TRANSIENT);
    assertEquals(0, pass().orphansRemoved());
    assertTrue(Files.exists(left));
  }

  @Test
  void anOwnersFileIsKeptWhereSomeOfItsOrphansMayBeLeft() throws Exception {
    temporary(TOKEN);
    Path owner = minutesOld(owner(TOKEN, elsewhere()), 11);
    io.fail(Op.LIST, file(keys, 0).getParent()::equals, IoFault.TRANSIENT);
    pass();
    assertTrue(Files.exists(owner));
  }

  @Test
  void renewingTheOwnersFileTouchesItAndWritesNothing() throws Exception {
    Path file = minutesOld(root.resolve(".owners").resolve(store.ownerToken), 6000);
    byte[] mark = Files.readAllBytes(Files.writeString(file, "what nobody may write over"));
    minutesOld(file, 6000);
    pass();
    assertEquals(List.of(file), io.paths(Op.TOUCH));
    assertArrayEquals(mark, Files.readAllBytes(file));
    long age = System.currentTimeMillis() - Files.getLastModifiedTime(file).toMillis();
    assertTrue(Math.abs(age) < 60_000, age + " ms old");
  }

  @Test
  void anOwnersFileThatSomebodyRemovedIsWrittenAgain() throws Exception {
    Path file = root.resolve(".owners").resolve(store.ownerToken);
    assertEquals(US, OwnerIdentity.parse(Files.readAllBytes(file)));
    Files.delete(file);
    Path left = minutesOld(temporary(TOKEN), 11);
    assertEquals(1, pass().orphansRemoved());
    assertFalse(Files.exists(left));
    assertEquals(US, OwnerIdentity.parse(Files.readAllBytes(file)));
  }

  @Test
  void theTimeIsThatOfTheListingThatTellsTheAges() throws Exception {
    Path left = temporary(TOKEN);
    Path owner = minutesOld(owner(TOKEN, elsewhere()), 9);
    // Asked for file by file, it would be the time of other servers.
    io.fail(Op.LAST_MODIFIED, IoFault.TRANSIENT);
    assertEquals(0, pass().orphansRemoved());
    minutesOld(owner, 11);
    assertEquals(2, pass().orphansRemoved());
    assertFalse(Files.exists(left));
    assertEquals(0, io.count(Op.LAST_MODIFIED));
  }

  @Test
  void whatAnOwnersFileSaysIsReadOnce() throws Exception {
    Path owner = owner(TOKEN, elsewhere());
    pass();
    pass();
    assertEquals(List.of(owner), io.paths(Op.READ));
  }

  @Test
  void anOwnersFileWhoseBytesCannotBeHadIsJudgedByItsAgeAndHoldsNobodyUp() throws Exception {
    closeStore();
    store = DirectoryStore.builder(root).io(io.factory()).ioTimeout(Duration.ofMillis(100)).open();
    Path left = temporary(TOKEN);
    Path owner = owner(TOKEN, elsewhere());
    Gate gate = io.hang(Op.READ, owner::equals);
    assertEquals(0, pass().orphansRemoved());
    assertEquals(0, pass().orphansRemoved());
    assertTrue(Files.exists(left));
    minutesOld(owner, 11);
    assertEquals(2, pass().orphansRemoved());
    assertFalse(Files.exists(left));
    assertEquals(1, gate.entries(), "no second thread is given to it");
    gate.release();
  }
}
