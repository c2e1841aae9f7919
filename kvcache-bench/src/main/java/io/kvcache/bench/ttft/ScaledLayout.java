package io.kvcache.bench.ttft;

import io.kvcache.ElementType;
import io.kvcache.GroupKind;
import io.kvcache.KvLayout;
import io.kvcache.LayoutGroup;
import io.kvcache.LayoutPart;
import io.kvcache.store.ImageDescriptor;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A model's layout with its bytes divided by k, as nearly as a layout can have them: rows are whole
 * bytes, and each layer of an image ends on a page. An image as a file, header and padding
 * included, is what comes near to the model's bytes of that chunk over k. Where pages are too
 * coarse for the model's number of layers it has fewer: as many as come within {@value
 * #CLOSE_ENOUGH} of the size, or else those that come nearest. Immutable.
 *
 * @param real the model's, of all ranks together
 * @param layout the smaller one, with the same chunks and groups
 * @param k what the bytes were divided by
 */
public record ScaledLayout(KvLayout real, KvLayout layout, double k) {
  private static final double CLOSE_ENOUGH = 0.01;
  private static final double WORST = 0.05;

  /**
   * Divides a layout.
   *
   * @throws IllegalArgumentException if k leaves less than files can have
   */
  public static ScaledLayout of(KvLayout real, double k) {
    KvLayout.Builder builder =
        KvLayout.builder()
            .elementType(real.elementType())
            .blockTokens(real.blockTokens())
            .chunkTokens(real.chunkTokens());
    int nextLayer = 0;
    for (LayoutGroup group : real.groups()) {
      nextLayer += add(group, real.chunkTokens(), k, nextLayer, builder);
    }
    return new ScaledLayout(real, builder.build(), k);
  }

  /** Layers that were added. */
  private static int add(
      LayoutGroup group, int chunkTokens, double k, int firstLayer, KvLayout.Builder builder) {
    double target = group.layerBytes(chunkTokens) * (double) group.layerCount() / k;
    int page = KvLayout.DEFAULT_ALIGNMENT;
    if (target > ImageDescriptor.MAX_IMAGE_BYTES) {
      throw new IllegalArgumentException(
          String.format(
              "k = %.4g leaves %.4g bytes of a chunk of %d tokens, and a file has %,d at most: a"
                  + " higher bandwidth or shorter chunks",
              k, target, chunkTokens, ImageDescriptor.MAX_IMAGE_BYTES));
    }
    int best = 0;
    int bestRow = 0;
    double bestError = Double.POSITIVE_INFINITY;
    for (int layers = group.layerCount(); layers > 0 && bestError > CLOSE_ENOUGH; layers--) {
      long header = headerBytes(layers);
      long pages = Math.max(1, Math.round((target - header) / layers / page));
      long row = Math.min(pages * page, ImageDescriptor.MAX_IMAGE_BYTES) / group.rows(chunkTokens);
      double error = Math.abs((header + layers * pages * page) / target - 1);
      if (row >= group.parts().size() && error < bestError) {
        best = layers;
        bestRow = (int) row;
        bestError = error;
      }
    }
    if (bestError > WORST) {
      throw new IllegalArgumentException(
          String.format(
              "k = %.4g leaves %,.0f bytes of a chunk of %d tokens, and files have whole pages of"
                  + " %,d: a lower bandwidth or longer chunks",
              k, target, chunkTokens, page));
    }
    int[] numbers = IntStream.range(firstLayer, firstLayer + best).toArray();
    LayoutPart[] parts = split(group.parts(), bestRow);
    switch (group.kind()) {
      case FULL -> builder.full(numbers, parts);
      case WINDOW -> builder.window(group.window(), numbers, parts);
      case STATE -> builder.state(numbers, parts);
    }
    return best;
  }

  private static long headerBytes(int layers) {
    KvLayout any =
        KvLayout.builder()
            .elementType(ElementType.BF16)
            .full(IntStream.range(0, layers).toArray(), new LayoutPart("any", 1))
            .build();
    return new ImageDescriptor(any, 0).headerBytes();
  }

  /** A row cut in the proportions of the model's parts, 1 byte at least for each. */
  private static LayoutPart[] split(List<LayoutPart> parts, int row) {
    long whole = parts.stream().mapToLong(LayoutPart::bytes).sum();
    List<LayoutPart> all = new ArrayList<>();
    int left = row;
    for (int i = 0; i < parts.size(); i++) {
      int behind = parts.size() - 1 - i;
      long share = Math.round((double) row * parts.get(i).bytes() / whole);
      int bytes = behind == 0 ? left : (int) Math.max(1, Math.min(share, left - behind));
      all.add(new LayoutPart(parts.get(i).name(), bytes));
      left -= bytes;
    }
    return all.toArray(LayoutPart[]::new);
  }

  /** Bytes that the model keeps of each token, states aside. */
  public long realBytesPerToken() {
    return real.bytesPerToken();
  }

  /** What of them is left by division alone. */
  public double exactBytesPerToken() {
    return real.bytesPerToken() / k;
  }

  /** What a token takes in files, header and padding included, states aside. */
  public double fileBytesPerToken() {
    double bytes = 0;
    for (int g = 0; g < layout.groups().size(); g++) {
      if (layout.groups().get(g).kind() != GroupKind.STATE) {
        bytes += (double) imageBytes(g) / layout.chunkTokens();
      }
    }
    return bytes;
  }

  /** What rounding made of the bytes per token in files: 0.01 is one percent too many. */
  public double rounding() {
    return fileBytesPerToken() / exactBytesPerToken() - 1;
  }

  /** Bytes of a group's image of a chunk, which is one file. */
  public int imageBytes(int group) {
    return new ImageDescriptor(layout, group).imageBytes();
  }

  /** Bytes of all images of a chunk. */
  public long chunkBytes() {
    return IntStream.range(0, layout.groups().size()).mapToLong(this::imageBytes).sum();
  }

  /** Bytes of the largest piece that a restore hands out. */
  int largestRows() {
    return layout.groups().stream()
        .mapToInt(
            group ->
                group.rows(layout.chunkTokens())
                    * group.parts().stream().mapToInt(LayoutPart::bytes).max().orElseThrow())
        .max()
        .orElseThrow();
  }

  /**
   * Bytes of the model's images that a restore of so many leading tokens needs: all chunks of full
   * groups, those of the last window, the last state.
   */
  public long realBytes(int tokens) {
    int chunk = real.chunkTokens();
    long chunks = (tokens + chunk - 1L) / chunk;
    long bytes = 0;
    for (LayoutGroup group : real.groups()) {
      long needed =
          switch (group.kind()) {
            case FULL -> chunks;
            case WINDOW -> chunks - Math.max(0, tokens - group.window() + 1) / chunk;
            case STATE -> Math.min(1, chunks);
          };
      bytes += needed * group.layerBytes(chunk) * group.layerCount();
    }
    return bytes;
  }

  /** Layers of all groups. */
  public static int layers(KvLayout layout) {
    return layout.groups().stream().mapToInt(LayoutGroup::layerCount).sum();
  }
}
