package io.kvcache.bench.chart;

import de.erichseifert.vectorgraphics2d.Document;
import de.erichseifert.vectorgraphics2d.VectorGraphics2D;
import de.erichseifert.vectorgraphics2d.svg.SVGProcessor;
import de.erichseifert.vectorgraphics2d.util.PageSize;
import java.awt.Graphics2D;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;
import java.util.regex.Pattern;

/**
 * What is drawn, as SVG that can stand in a page: the encoder's declaration, its document type
 * (which names a file on the network), its ids and the fonts of this machine are replaced.
 *
 * @param width in pixels
 * @param height in pixels
 * @param title read aloud where the picture cannot be seen
 * @param prefix of its ids
 */
record SvgText(int width, int height, String title, String prefix) {
  /** What the encoder leaves out as the default size is inherited from a page otherwise. */
  private static final String ROOT =
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\""
          + " role=\"img\" aria-label=\"%s\" font-family=\"system-ui, sans-serif\""
          + " font-size=\"12px\">";

  private static final Pattern FONT = Pattern.compile("font-family:&quot;[^;]*&quot;;");
  private static final Pattern CLIP = Pattern.compile("(?<=id=\"|url\\(#)clip-?\\d+");

  /** Digits that no eye can see, outside of text. */
  private static final Pattern DIGITS = Pattern.compile("(?<=[\\d]\\.\\d{2})\\d+(?=[^<>]*/?>)");

  String draw(Consumer<Graphics2D> picture) {
    VectorGraphics2D canvas = new VectorGraphics2D();
    picture.accept(canvas);
    Document document =
        new SVGProcessor().getDocument(canvas.getCommands(), new PageSize(0, 0, width, height));
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try {
      document.writeTo(bytes);
    } catch (IOException e) {
      throw new UncheckedIOException("memory that cannot be written to", e);
    }
    String svg = bytes.toString(StandardCharsets.UTF_8).replace("\r\n", "\n");
    String inside = svg.substring(svg.indexOf('>', svg.indexOf("<svg")) + 1);
    Map<String, String> ids = new HashMap<>();
    String renamed =
        CLIP.matcher(DIGITS.matcher(FONT.matcher(inside).replaceAll("")).replaceAll(""))
            .replaceAll(id -> ids.computeIfAbsent(id.group(), old -> prefix + "clip" + ids.size()));
    return String.format(ROOT, width, height, width, height, escaped(title))
        + renamed.strip()
        + "\n";
  }

  static String escaped(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace("\"", "&quot;");
  }
}
