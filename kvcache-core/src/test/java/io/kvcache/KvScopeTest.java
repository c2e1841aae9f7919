package io.kvcache;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kvcache.prefix.HashChain;
import io.kvcache.prefix.HashedPrompt;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/**
 * The hashes here were made by vLLM's formula with Python's cbor2 and hashlib, not by this code.
 */
class KvScopeTest {
  private static List<String> keys(int blockTokens, KvScope scope, int... tokens) {
    KvLayout layout =
        KvLayout.attention(1, 1, 1, ElementType.F32).toBuilder()
            .blockTokens(blockTokens)
            .chunkTokens(blockTokens)
            .build();
    PromptKeys keys = HashedPrompt.of(layout, HashChain.DEFAULT_SEED, tokens, scope);
    return IntStream.range(0, keys.chunks()).mapToObj(i -> keys.chunk(i).hex()).toList();
  }

  private static void assertRefused(String expected, Executable call) {
    String message = assertThrows(IllegalArgumentException.class, call).getMessage();
    assertTrue(message.contains(expected), message);
  }

  @Test
  void theAdapterIsInEveryBlockAndTheSaltInTheFirst() {
    KvScope scope = KvScope.builder().salt("tenant-7").lora("sql", "r3").build();
    assertEquals(List.of("sql@r3", "tenant-7"), scope.extraKeys(0, 4));
    assertEquals(List.of("sql@r3"), scope.extraKeys(1, 4));
    assertEquals(
        List.of(
            "52e04ce4f1fe9f465110e5197b14e8627ece9932e5da49e5c2b99d26fc37c0df",
            "453d0f378bd29afc379f3711db8cac83f43cea1a79fc270609dc2a6588e2fbdc",
            "5d20efbc01a4e6ce1b7593dbcde7361840a05da3dd5a6e744836bfcaafbeeeb0"),
        keys(4, scope, IntStream.rangeClosed(1, 12).toArray()));
    assertEquals(List.of("sql"), KvScope.builder().lora("sql").build().extraKeys(9, 4));
  }

  @Test
  void mediaGiveTheirPlaceRelativeToEachBlockTheyTouch() {
    KvScope scope =
        KvScope.builder().media("img-b", 9, 2).salt("tenant-7").media("img-a", 1, 6).build();
    assertEquals(List.of(List.of("img-a", 1L), "tenant-7"), scope.extraKeys(0, 4));
    assertEquals(List.of(List.of("img-a", -3L)), scope.extraKeys(1, 4));
    assertEquals(List.of(List.of("img-b", 1L)), scope.extraKeys(2, 4));
    assertEquals(List.of(), scope.extraKeys(3, 4));
    assertEquals(
        List.of(
            "bd9b77c5dcf3178850ff2e41aa7861187dd6da03d73429e28dda9c71820c69d8",
            "8821d078e032b70059af8ca0fb9de6dc454159fecef92db88a3e32d6d8feb3bf",
            "dcd103ce187e8721aa6a8a9c5272ab92d15fa31cc18e797b51eabed23b310d64",
            "82d11fcf3729a723345b8df05226f0d6b3ee2195a0123317cf39521808a6b4af"),
        keys(4, scope, 7, 100, 100, 100, 100, 100, 100, 8, 9, 100, 100, 10, 11, 12, 13, 14));
  }

  @Test
  void mediaThatEndAtABlockTouchNotTheNext() {
    KvScope scope = KvScope.builder().media("a", 0, 4).media("b", 8, 8).media("c", 16, 1).build();
    assertEquals(List.of(List.of("a", 0L)), scope.extraKeys(0, 4));
    assertEquals(List.of(), scope.extraKeys(1, 4));
    assertEquals(List.of(List.of("b", 0L)), scope.extraKeys(2, 4));
    assertEquals(List.of(List.of("b", -4L)), scope.extraKeys(3, 4));
    assertEquals(List.of(List.of("c", 0L)), scope.extraKeys(4, 4));
    assertEquals(
        List.of(List.of("a", 0L), List.of("b", 8L)), scope.extraKeys(0, 16), "two in one block");
  }

  @Test
  void furtherExtrasComeLast() {
    KvScope scope =
        KvScope.builder()
            .salt("s")
            .blockExtras(b -> b == 1 ? List.of() : List.of("embeds-" + b, 5))
            .lora("l")
            .build();
    assertEquals(List.of("l", "s", "embeds-0", 5), scope.extraKeys(0, 16));
    assertEquals(List.of("l"), scope.extraKeys(1, 16));
    assertEquals(List.of("l", "embeds-2", 5), scope.extraKeys(2, 16));
    KvScope careless = KvScope.builder().blockExtras(b -> null).build();
    assertThrows(NullPointerException.class, () -> careless.extraKeys(0, 16));
    KvScope wrong = KvScope.builder().blockExtras(b -> List.of(0.5)).build();
    assertRefused("0.5", () -> keys(2, wrong, 1, 2));
  }

  @Test
  void nothingSaidIsNoExtraKeys() {
    assertEquals(List.of(), KvScope.NONE.extraKeys(0, 16));
    assertEquals(KvScope.NONE, KvScope.builder().build());
  }

  @Test
  void theDigestStandsForTheSaltAlone() {
    assertEquals(
        "e61b2668260ae52302ce7b5ba521c1afdcd134950281595fbf2ed00986548053",
        HexFormat.of().formatHex(KvScope.of("tenant-7").digest()));
    assertArrayEquals(
        KvScope.of("tenant-7").digest(),
        KvScope.builder().salt("tenant-7").lora("l").media("m", 0, 5).build().digest());
    assertArrayEquals(new byte[32], KvScope.NONE.digest());
    assertArrayEquals(new byte[32], KvScope.builder().lora("l").build().digest());
    assertTrue(KvScope.of("t").isSalted());
    assertFalse(KvScope.NONE.isSalted());
  }

  @Test
  void equalSettingsAreEqualScopes() {
    KvScope one = KvScope.builder().media("a", 4, 2).media("b", 0, 2).lora("l").build();
    KvScope two = KvScope.builder().lora("l").media("b", 0, 2).media("a", 4, 2).build();
    assertEquals(one, two);
    assertEquals(one.hashCode(), two.hashCode());
    assertNotEquals(one, KvScope.builder().lora("l").build());
    assertNotEquals(KvScope.of("a"), KvScope.of("b"));
  }

  @Test
  void aScopeInALogDoesNotTellTheSalt() {
    assertFalse(KvScope.of("secret").toString().contains("secret"));
  }

  @Test
  void aBuilderThatGoesOnDoesNotChangeWhatItBuilt() {
    KvScope.Builder builder = KvScope.builder().media("a", 0, 4);
    KvScope scope = builder.build();
    builder.media("b", 4, 4).salt("s");
    assertEquals(KvScope.builder().media("a", 0, 4).build(), scope);
  }

  @Test
  void theBuilderArguesBack() {
    assertRefused("salt is set twice", () -> KvScope.builder().salt("a").salt("a"));
    assertRefused("lora is set twice", () -> KvScope.builder().lora("a").lora("a", "1"));
    assertRefused(
        "blockExtras is set twice",
        () -> KvScope.builder().blockExtras(b -> List.of()).blockExtras(b -> List.of()));
    assertRefused("salt is empty", () -> KvScope.of(""));
    assertRefused("lora name is empty", () -> KvScope.builder().lora(""));
    assertRefused("lora revision is empty", () -> KvScope.builder().lora("a", ""));
    assertRefused("media identifier is empty", () -> KvScope.builder().media("", 0, 1));
    assertRefused("\"a@1\" holds @", () -> KvScope.builder().lora("a@1"));
    assertRefused("\"a@1\" holds @", () -> KvScope.builder().lora("a@1", "2"));
    assertRefused("from token -1", () -> KvScope.builder().media("m", -1, 2));
    assertRefused("0 tokens", () -> KvScope.builder().media("m", 0, 0));
    assertRefused("2147483647", () -> KvScope.builder().media("m", Integer.MAX_VALUE, 1));
    assertRefused(
        "overlaps media \"m\" from token 4, 4 tokens",
        () -> KvScope.builder().media("m", 4, 4).media("n", 7, 1));
    assertRefused("no valid Unicode", () -> KvScope.of("a\ud800"));
    assertThrows(NullPointerException.class, () -> KvScope.of(null));
    assertThrows(NullPointerException.class, () -> KvScope.builder().lora("a", null));
    assertThrows(NullPointerException.class, () -> KvScope.builder().media(null, 0, 1));
    assertThrows(NullPointerException.class, () -> KvScope.builder().blockExtras(null));
  }
}
