package io.kvcache.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kvcache.KvLayout;
import io.kvcache.PromptKeys;
import io.kvcache.StoreOutcome;
import io.kvcache.fixture.FaultyChunkIo.Op;
import io.kvcache.fixture.Layouts;
import io.kvcache.spi.IoFault;
import java.nio.file.Files;
import java.nio.file.attribute.FileTime;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a directory holds, namespace by namespace. */
class SurveyTest extends StoreTestBase {
  private static final int CHUNKS = 5;
  private final PromptKeys keys = prompt(1, CHUNKS);

  @Override
  KvLayout layout() {
    return Layouts.HYBRID;
  }

  private void writeAll() throws Exception {
    for (int chunk = 0; chunk < CHUNKS; chunk++) {
      assertEquals(StoreOutcome.WRITTEN, write(keys, chunk).get());
    }
  }

  private void writeGroup(int group, int chunk) throws Exception {
    var slot = slot(group);
    GoldenImage.fill(slot, namespace, group);
    directory.write(StoredChunk.of(keys, chunk), group, slot).outcome().get();
  }

  @Test
  void anEmptyDirectoryHoldsNothing() {
    DirectorySurvey survey = store.survey();
    assertEquals(List.of(), survey.namespaces());
    assertEquals(0, survey.chunks() + survey.bytes() + survey.failed());
    assertTrue(survey.complete());
  }

  @Test
  void chunksAreCountedOnceHoweverManyImagesTheyHave() throws Exception {
    writeAll();
    writeGroup(1, 4);
    writeGroup(2, 4);
    Files.setLastModifiedTime(file(keys, 2), FileTime.fromMillis(1_600_000_000_000L));
    NamespaceUsage usage = store.survey().namespaces().get(0);
    assertEquals(namespace.imageDirectory().toString(), usage.name());
    assertEquals(CHUNKS, usage.chunks());
    assertEquals(CHUNKS + 2, usage.images());
    assertEquals(
        CHUNKS * namespace.image(0).imageBytes()
            + namespace.image(1).imageBytes()
            + namespace.image(2).imageBytes(),
        usage.bytes());
    assertEquals(1_600_000_000_000L, usage.oldestStampMillis());
    assertTrue(usage.newestStampMillis() > usage.oldestStampMillis());
  }

  @Test
  void eachRankIsAnEntryAndWhatIsEmptyIsOneToo() throws Exception {
    writeAll();
    Files.createDirectories(root.resolve("model_0123456789ab_r7"));
    List<NamespaceUsage> found = store.survey().namespaces();
    assertEquals(2, found.size(), found.toString());
    assertEquals(new NamespaceUsage("model_0123456789ab_r7", 0, 0, 0, 0, 0), found.get(0));
  }

  @Test
  void whatIsBeingWrittenAndWhatIsForeignIsNoImage() throws Exception {
    writeAll();
    long foreign = store.survey().foreign();
    String name = file(keys, 0).getFileName().toString();
    Files.write(file(keys, 0).resolveSibling("." + name + ".aBcdefgh"), new byte[10]);
    Files.write(file(keys, 0).resolveSibling("note.txt"), new byte[10]);
    DirectorySurvey survey = store.survey();
    assertEquals(CHUNKS, survey.images());
    assertEquals(1, survey.temporaries());
    assertEquals(10, survey.temporaryBytes());
    assertEquals(foreign + 1, survey.foreign());
  }

  @Test
  void aShardThatCannotBeListedIsSaid() throws Exception {
    writeAll();
    io.fail(Op.LIST, file(keys, 0).getParent()::equals, IoFault.TRANSIENT);
    DirectorySurvey survey = store.survey();
    assertEquals(CHUNKS - 1, survey.chunks());
    assertEquals(1, survey.failed());
  }

  @Test
  void noFileIsOpenedAndProgressCanBeSeen() throws Exception {
    writeAll();
    io.forgetCalls();
    store.survey();
    assertEquals(0, io.count(Op.READ));
    assertTrue(store.scannedEntries() >= 2 * CHUNKS);
    store.close();
    assertThrows(IllegalStateException.class, store::survey);
  }
}
