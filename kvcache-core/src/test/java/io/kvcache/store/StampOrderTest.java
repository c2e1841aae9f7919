package io.kvcache.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kvcache.fixture.Seeds;
import io.kvcache.store.StampOrder.Cutoff;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class StampOrderTest {
  private static final long INTERVAL = 1000;
  private static final long SIZE = 4096;

  private record Image(long modified, int index, long bits, long bytes) {}

  private static Cutoff cutoff(List<Image> images, long keep) {
    StampOrder order = new StampOrder(INTERVAL);
    images.forEach(i -> order.add(i.modified, i.index, i.bits, i.bytes));
    return order.keeping(keep);
  }

  private static List<Image> kept(List<Image> images, Cutoff cutoff) {
    return images.stream().filter(i -> !cutoff.removes(i.modified, i.index, i.bits)).toList();
  }

  @Test
  void theOldestIntervalGoesFirstAndWithinOneTheDeepestChunk() {
    Image oldShallow = new Image(1_500, 0, 1, SIZE);
    Image newDeep = new Image(2_000, 50, 2, SIZE);
    Image newShallow = new Image(2_999, 3, 3, SIZE);
    List<Image> images = List.of(newDeep, oldShallow, newShallow);
    assertEquals(List.of(newDeep, newShallow), kept(images, cutoff(images, 2 * SIZE)));
    assertEquals(List.of(newShallow), kept(images, cutoff(images, 2 * SIZE - 1)));
    assertEquals(List.of(), kept(images, cutoff(images, SIZE - 1)));
    assertEquals(images, kept(images, cutoff(images, 3 * SIZE)));
  }

  @Test
  void theImagesOfOneChunkShareOneFate() {
    Image first = new Image(2_000, 3, 7, SIZE);
    Image otherGroup = new Image(2_900, 3, 7, SIZE);
    Image shallower = new Image(2_000, 2, 9, SIZE);
    List<Image> images = List.of(first, otherGroup, shallower);
    assertEquals(List.of(shallower), kept(images, cutoff(images, 2 * SIZE)));
  }

  @Test
  void itKeepsTheMostThatFitsAsASortedListWould() {
    SplittableRandom random = Seeds.random("StampOrderTest");
    for (int round = 0; round < 300; round++) {
      List<Image> images = new ArrayList<>();
      int count = random.nextInt(200);
      for (int i = 0; i < count; i++) {
        images.add(
            new Image(
                random.nextInt(5_000),
                random.nextInt(4),
                random.nextInt(20) - 10,
                SIZE * random.nextInt(1, 4)));
      }
      long keep = random.nextLong(count * 2 * SIZE + 1);
      Cutoff cutoff = cutoff(images, keep);
      List<Image> sorted = new ArrayList<>(images);
      sorted.sort(
          Comparator.comparingLong((Image i) -> -Math.floorDiv(i.modified, INTERVAL))
              .thenComparing(Image::index)
              .thenComparing(Image::bits));
      List<Image> expected = new ArrayList<>();
      long bytes = 0;
      for (int i = 0; i < sorted.size(); ) {
        int end = i;
        while (end < sorted.size() && same(sorted.get(i), sorted.get(end))) {
          bytes += sorted.get(end++).bytes;
        }
        if (bytes > keep) {
          break;
        }
        expected.addAll(sorted.subList(i, end));
        i = end;
      }
      assertEquals(expected.size(), kept(images, cutoff).size(), "round " + round);
      assertTrue(kept(images, cutoff).containsAll(expected));
    }
  }

  private static boolean same(Image a, Image b) {
    return Math.floorDiv(a.modified, INTERVAL) == Math.floorDiv(b.modified, INTERVAL)
        && a.index == b.index
        && a.bits == b.bits;
  }

  @Test
  void whoMissesOldImagesFindsTheSameCutoffAndWhoMissesNewOnesRemovesLess() {
    SplittableRandom random = Seeds.random("StampOrderTest torn");
    List<Image> all = new ArrayList<>();
    for (int i = 0; i < 500; i++) {
      all.add(new Image(random.nextInt(50_000), random.nextInt(9), random.nextLong(), SIZE));
    }
    Cutoff whole = cutoff(all, 200 * SIZE);
    List<Image> keptByAll = kept(all, whole);
    List<Image> someRemoved = new ArrayList<>(keptByAll);
    all.stream().filter(i -> !keptByAll.contains(i)).limit(120).forEach(someRemoved::add);
    assertEquals(keptByAll.size(), kept(someRemoved, cutoff(someRemoved, 200 * SIZE)).size());
    List<Image> torn = all.stream().filter(i -> random.nextInt(4) > 0).toList();
    Cutoff older = cutoff(torn, 200 * SIZE);
    assertTrue(kept(all, older).containsAll(keptByAll), "a torn view removed a newer image");
  }

  @Test
  void timesAndPlacesOutOfAllReasonHaveAPlaceToo() {
    Image past = new Image(Long.MIN_VALUE, 0, 1, SIZE);
    Image deep = new Image(0, Integer.MAX_VALUE, 1, SIZE);
    Image future = new Image(Long.MAX_VALUE, 0, 1, SIZE);
    List<Image> images = List.of(past, deep, future);
    assertEquals(List.of(future), kept(images, cutoff(images, SIZE)));
    assertFalse(Cutoff.none(INTERVAL).removes(0, 9, 9));
  }
}
