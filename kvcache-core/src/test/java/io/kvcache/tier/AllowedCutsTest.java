package io.kvcache.tier;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.kvcache.ElementType;
import io.kvcache.GroupKind;
import io.kvcache.KvLayout;
import io.kvcache.LayoutGroup;
import io.kvcache.LayoutPart;
import io.kvcache.fixture.Seeds;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class AllowedCutsTest {
  private static final LayoutPart PART = new LayoutPart("p", 8);

  /** The definition, position by position; knows nothing of how it is computed fast. */
  private record Model(KvLayout layout, int prompt) {
    int chunkTokens() {
      return layout.chunkTokens();
    }

    /** Tokens of a cut after so many chunks, or -1 if there is no such cut. */
    int cut(int chunks) {
      int c = chunks * chunkTokens();
      boolean all = chunks > 0 && c == prompt;
      if (all && !layout.hasState()) {
        return prompt - 1;
      }
      return c < prompt || chunks == 0 ? c : -1;
    }

    Set<Integer> needed(int group, int chunks) {
      LayoutGroup g = layout.groups().get(group);
      int c = cut(chunks);
      Set<Integer> needed = new TreeSet<>();
      for (int chunk = 0; chunk < chunks; chunk++) {
        int from = chunk * chunkTokens();
        int to = from + chunkTokens();
        switch (g.kind()) {
          case FULL -> needed.add(chunk);
          case WINDOW -> {
            for (int p = from; p < to; p++) {
              if (c - g.window() < p && p < c) {
                needed.add(chunk);
              }
            }
          }
          case STATE -> {
            if (to == c) {
              needed.add(chunk);
            }
          }
        }
      }
      return needed;
    }

    int longest(int limit, AllowedCuts.Availability images) {
      int best = 0;
      for (int chunks = 1; chunks <= Math.min(limit, prompt / chunkTokens()); chunks++) {
        if (cut(chunks) >= 0 && allowed(chunks, images)) {
          best = chunks;
        }
      }
      return best;
    }

    private boolean allowed(int chunks, AllowedCuts.Availability images) {
      for (int group = 0; group < layout.groups().size(); group++) {
        if (layout.groups().get(group).kind() == GroupKind.FULL) {
          continue;
        }
        for (int chunk : needed(group, chunks)) {
          if (!images.has(group, chunk)) {
            return false;
          }
        }
      }
      return true;
    }
  }

  private static KvLayout layout(SplittableRandom random) {
    int block = 1 + random.nextInt(3);
    KvLayout.Builder layout =
        KvLayout.builder()
            .elementType(ElementType.BF16)
            .blockTokens(block)
            .chunkTokens(block * (1 + random.nextInt(4)));
    int groups = 1 + random.nextInt(4);
    for (int g = 0; g < groups; g++) {
      int[] layers = {g};
      switch (random.nextInt(4)) {
        case 0, 1 -> layout.full(layers, PART);
        case 2 -> layout.window(1 + random.nextInt(40), layers, PART);
        default -> layout.state(layers, PART);
      }
    }
    return layout.build();
  }

  @Test
  void agreesWithTheDefinitionForRandomLayoutsPromptsAndHoles() {
    SplittableRandom random = Seeds.random("AllowedCutsTest");
    for (int round = 0; round < 20_000; round++) {
      KvLayout layout = layout(random);
      int prompt = random.nextInt(15 * layout.chunkTokens());
      if (random.nextInt(3) == 0) {
        prompt -= prompt % layout.chunkTokens();
      }
      Model model = new Model(layout, prompt);
      AllowedCuts cuts = new AllowedCuts(layout, prompt);
      int whole = prompt / layout.chunkTokens();
      boolean[][] there = new boolean[layout.groups().size()][whole];
      int density = 1 + random.nextInt(10);
      for (boolean[] group : there) {
        for (int i = 0; i < whole; i++) {
          group[i] = random.nextInt(density) > 0 || random.nextInt(10) == 0;
        }
      }
      AllowedCuts.Availability images = (group, chunk) -> there[group][chunk];
      String what = layout + ", prompt of " + prompt;

      assertEquals(model.longest(whole, (g, i) -> true), cuts.mostChunks(), what);
      for (int limit = 0; limit <= whole + 1; limit++) {
        int longest = cuts.longest(limit, images);
        assertEquals(model.longest(limit, images), longest, what + ", limit " + limit);
        assertEquals(model.cut(longest), cuts.tokens(longest), what + ", limit " + limit);
      }
      for (int chunks = 0; chunks <= cuts.mostChunks(); chunks++) {
        for (int g = 0; g < there.length; g++) {
          Set<Integer> needed = new TreeSet<>();
          for (int i = cuts.firstNeeded(g, chunks); i < cuts.endNeeded(g, chunks); i++) {
            needed.add(i);
          }
          assertEquals(
              model.needed(g, chunks), needed, what + ", " + chunks + " chunks, group " + g);
        }
      }
    }
  }

  @Test
  void anExactMultipleEndsOneTokenBeforeTheLastWithoutStateAndOneChunkBeforeItWith() {
    KvLayout.Builder full =
        KvLayout.builder().elementType(ElementType.BF16).blockTokens(4).chunkTokens(16);
    AllowedCuts without = new AllowedCuts(full.full(new int[] {0}, PART).build(), 160);
    assertEquals(10, without.mostChunks());
    assertEquals(159, without.tokens(10));
    AllowedCuts with = new AllowedCuts(full.state(new int[] {1}, PART).build(), 160);
    assertEquals(9, with.mostChunks());
    assertEquals(144, with.tokens(9));
  }
}
