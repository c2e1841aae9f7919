package io.kvcache.lustre;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Images lie on as many servers as they gain from. */
class StripePolicyTest {
  private static final long MIB = 1 << 20;

  @ParameterizedTest(name = "{0} KiB with requests of {1} MiB: {2}")
  @CsvSource({
    "4, 0, 1 x 4 MiB",
    "4096, 0, 1 x 4 MiB",
    "4100, 4, 1 x 4 MiB",
    "16384, 1, 1 x 4 MiB",
    "16388, 4, 1 x 4 MiB",
    "16452, 4, 4 x 4 MiB",
    "81924, 0, 4 x 4 MiB",
    "1048576, 0, 4 x 4 MiB",
    "4, 16, 1 x 16 MiB",
    "16384, 16, 1 x 16 MiB",
    "16452, 16, 2 x 16 MiB",
    "40960, 16, 3 x 16 MiB",
    "81924, 16, 4 x 16 MiB",
    "81924, 8, 4 x 8 MiB",
    "81924, 64, 4 x 16 MiB"
  })
  void theSizeOfTheImageAndOfTheRequestsDecides(long kib, long rpcMib, String layout) {
    Optional<LovLayout> chosen = StripePolicy.bySize().layoutFor(kib << 10, rpcMib * MIB);
    assertEquals(layout, chosen.map(LovLayout::toString).orElse("none"));
  }

  @Test
  void whereTheSizeIsNotKnownNothingIsSet() {
    assertEquals(Optional.empty(), StripePolicy.bySize().layoutFor(0, 4 * MIB));
    assertEquals(Optional.empty(), StripePolicy.bySize().withPool("flash").layoutFor(0, 0));
  }

  @Test
  void aFixedOneHoldsForAll() {
    StripePolicy policy = StripePolicy.of(8, 16 * MIB).withPool("flash");
    Optional<LovLayout> always = Optional.of(LovLayout.of(8, 16 * MIB).withPool("flash"));
    assertEquals(always, policy.layoutFor(0, 0));
    assertEquals(always, policy.layoutFor(80 * MIB, 4 * MIB));
    assertEquals(
        Optional.of(LovLayout.of(LovLayout.ALL, 0)),
        StripePolicy.of(StripePolicy.ALL, 0).layoutFor(1, 1));
  }

  @Test
  void inheritingSetsNothing() {
    assertEquals(Optional.empty(), StripePolicy.inherit().layoutFor(80 * MIB, 4 * MIB));
  }

  @Test
  void contradictionsAreRefused() {
    assertThrows(IllegalArgumentException.class, () -> StripePolicy.inherit().withPool("flash"));
    assertThrows(
        IllegalArgumentException.class, () -> StripePolicy.bySize().withPool("a").withPool("b"));
    assertThrows(IllegalArgumentException.class, () -> StripePolicy.bySize().withPool("fs/a"));
    assertThrows(IllegalArgumentException.class, () -> StripePolicy.of(0, 0));
    assertThrows(IllegalArgumentException.class, () -> StripePolicy.of(65_535, MIB));
    assertThrows(IllegalArgumentException.class, () -> StripePolicy.of(1, 1000));
  }

  @Test
  void peopleReadIt() {
    assertEquals("by size", StripePolicy.bySize().toString());
    assertEquals("by size in pool flash", StripePolicy.bySize().withPool("flash").toString());
    assertEquals("4 x 4 MiB in pool p", StripePolicy.of(4, 4 * MIB).withPool("p").toString());
    assertEquals("inherited", StripePolicy.inherit().toString());
  }
}
