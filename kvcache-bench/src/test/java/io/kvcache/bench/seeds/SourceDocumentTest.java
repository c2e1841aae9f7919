package io.kvcache.bench.seeds;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class SourceDocumentTest {
  @Test
  void everyConstantHasASourceAndEveryFigureStandsOnce() {
    Set<String> figures = new HashSet<>();
    for (SourceDocument document : SourceDocument.all()) {
      document.constants().forEach(c -> assertFalse(c.source().isBlank(), c.name()));
      for (Claim claim : document.claims()) {
        assertTrue(figures.add(claim.id() + claim.figure()), claim.id() + " " + claim.figure());
      }
    }
  }

  @Test
  void aFigureIsReachedWithinAQuarterOrAboveIfMoreIsClaimed() {
    assertTrue(claim(100, false).reachedBy(125));
    assertTrue(claim(100, false).reachedBy(75));
    assertFalse(claim(100, false).reachedBy(126));
    assertFalse(claim(100, false).reachedBy(74));
    assertTrue(claim(100, true).reachedBy(1000));
  }

  @Test
  void refusesNegativeConstantsAndClaimsOfNothing() {
    IllegalArgumentException wrong =
        assertThrows(
            IllegalArgumentException.class, () -> new Constant("bandwidth", -1, "MB/s", "me"));
    assertEquals("bandwidth is -1.0: a finite number, 0 or more", wrong.getMessage());
    assertThrows(IllegalArgumentException.class, () -> claim(0, false));
    assertThrows(IllegalArgumentException.class, () -> new Suspect("nodes", 2, 1));
  }

  private static Claim claim(double value, boolean atLeast) {
    return new Claim(
        "X", "figure", "claim", value, "%", atLeast, Metric.HIT_RATIO, null, List.of());
  }
}
