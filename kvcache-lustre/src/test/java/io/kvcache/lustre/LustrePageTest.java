package io.kvcache.lustre;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kvcache.ElementType;
import io.kvcache.KvLayout;
import io.kvcache.LayoutGroup;
import io.kvcache.LayoutPart;
import io.kvcache.fixture.Page;
import io.kvcache.store.ImageDescriptor;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What docs/lustre.md says about sizes and outcomes is what the code does. */
class LustrePageTest {
  private static final int GEMMA_LAYERS = 62;

  private final Page page = Page.read("docs/lustre.md");

  @Test
  void theTableOfSizesIsComputed() {
    List<String> rows = new ArrayList<>();
    rows.addAll(rows("Llama-3.1-8B", 1, attention(32, 8)));
    rows.addAll(rows("Llama-3.3-70B", 1, attention(80, 8)));
    rows.addAll(rows("Llama-3.3-70B", 8, attention(80, 1)));
    rows.addAll(rows("Llama-3.1-405B", 8, attention(126, 1)));
    rows.addAll(rows("DeepSeek-R1 (MLA)", 1, KvLayout.mla(61, 512, 64, ElementType.BF16)));
    rows.addAll(rows("Gemma-3-27B", 1, gemma()));
    assertEquals(rows, page.all("(?m)^(\\|.* x .* \\|.* x .* \\|)$"));
  }

  @Test
  void everyOutcomeHasARow() {
    for (StripingOutcome.Kind kind : StripingOutcome.Kind.values()) {
      assertTrue(page.text().contains("| `" + kind + "` |"), kind.name());
    }
  }

  private static KvLayout attention(int layers, int heads) {
    return KvLayout.attention(layers, heads, 128, ElementType.BF16);
  }

  /** Every sixth layer attends to everything, the others to the last 1024 tokens. */
  private static KvLayout gemma() {
    LayoutPart[] parts = {new LayoutPart("k", 16 * 128 * 2), new LayoutPart("v", 16 * 128 * 2)};
    return KvLayout.builder()
        .elementType(ElementType.BF16)
        .full(IntStream.range(0, GEMMA_LAYERS).filter(l -> l % 6 == 5).toArray(), parts)
        .window(1024, IntStream.range(0, GEMMA_LAYERS).filter(l -> l % 6 != 5).toArray(), parts)
        .build();
  }

  private static List<String> rows(String model, int ranks, KvLayout layout) {
    return IntStream.range(0, layout.groups().size())
        .mapToObj(group -> row(model, ranks, layout, group))
        .toList();
  }

  private static String row(String model, int ranks, KvLayout layout, int number) {
    LayoutGroup group = layout.groups().get(number);
    int bytes = new ImageDescriptor(layout, number).imageBytes();
    return String.format(
        Locale.ROOT,
        "| %s | %d | %s | %,d | %.1f MiB | %s | %s |",
        model,
        ranks,
        group.kind().name().toLowerCase(Locale.ROOT),
        group.layerBytes(1) * group.layerCount(),
        bytes / (double) (1 << 20),
        StripePolicy.bySize().layoutFor(bytes, 4 << 20).orElseThrow(),
        StripePolicy.bySize().layoutFor(bytes, 16 << 20).orElseThrow());
  }
}
