package io.kvcache.bench.report;

import io.kvcache.bench.chart.LineChart;
import io.kvcache.bench.chart.Theme;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The page: HTML that is also XML, with its style and charts in it, so that it needs nothing else,
 * and is told not to load anything. For one report.
 */
final class HtmlReport {
  private static final String STYLE =
      """
      :root { color-scheme: light dark; }
      body { font: 16px/1.5 system-ui, sans-serif; max-width: 46rem; margin: 0 auto; padding: 1rem;
        background: #ffffff; color: #24292f; overflow-wrap: break-word; }
      h1 { line-height: 1.2; } h2 { margin-top: 2.5rem; border-bottom: 1px solid #8888; }
      figure { margin: 1.5rem 0; } figcaption { font-weight: 600; margin-bottom: .5rem; }
      svg { width: 100%; min-width: 32rem; height: auto; display: block; }
      .theme-dark { display: none; }
      .scroll { overflow-x: auto; margin-bottom: .5rem; }
      .notes { font-size: .9rem; padding-left: 1.2rem; } .notes li { margin-bottom: .3rem; }
      table { border-collapse: collapse; font-size: .9rem; font-variant-numeric: tabular-nums; }
      th, td { border: 1px solid #8886; padding: .25rem .6rem; text-align: left;
        vertical-align: top; white-space: pre-line; }
      td.number, th.number { text-align: right; } td.number { white-space: nowrap; }
      td.word { white-space: nowrap; } td.text { min-width: 12rem; }
      pre { white-space: pre-wrap; background: #8882; padding: .6rem; font-size: .85rem; }
      .kind { border: 1px solid currentColor; border-radius: 1rem; padding: 0 .6rem;
        font-size: .8rem; font-weight: 400; white-space: nowrap; }
      .measured { color: #0b6e4f; } .simulated { color: #9a4300; } .modelled { color: #0a5f8f; }
      .problem { border-left: 4px solid #d55e00; padding-left: .6rem; }
      a { color: inherit; }
      @media (prefers-color-scheme: dark) {
        body { background: #0d1117; color: #e6edf3; }
        .theme-light { display: none; } .theme-dark { display: block; }
        .measured { color: #4fd1a5; } .simulated { color: #ff9d57; } .modelled { color: #6cc4f5; }
      }
      """;

  /** A number, if any, with a sign and a percent sign, if any. */
  private static final Pattern NUMBER = Pattern.compile("([-+<>] ?)?[\\d.,]*(e[-+]?\\d+)?( %)?");

  /** Letters from which a cell is no word. */
  private static final int SENTENCE = 24;

  private static final Optional<String> NO_CHARTS = LineChart.unavailable();

  private final StringBuilder page = new StringBuilder();
  private int charts;

  private HtmlReport() {}

  static String of(
      Environment environment,
      boolean quick,
      List<SectionOutcome> outcomes,
      List<ReportSection> missing) {
    HtmlReport report = new HtmlReport();
    report.head(environment, quick, outcomes, missing);
    outcomes.forEach(report::section);
    missing.forEach(report::notRun);
    return report.page.append("</main></body>\n</html>\n").toString();
  }

  private void head(
      Environment environment,
      boolean quick,
      List<SectionOutcome> outcomes,
      List<ReportSection> missing) {
    page.append("<!DOCTYPE html>\n<html xmlns=\"http://www.w3.org/1999/xhtml\" lang=\"en\">\n")
        .append("<head><meta charset=\"UTF-8\"/>")
        .append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>")
        .append("<meta http-equiv=\"Content-Security-Policy\"")
        .append(" content=\"default-src 'none'; style-src 'unsafe-inline'\"/>")
        .append("<title>kvcache benchmark report</title>\n<style>\n")
        .append(STYLE)
        .append("</style></head>\n<body><main>\n<h1>kvcache benchmark report</h1>\n");
    if (quick) {
      problem("A quick run: it shows that everything works, and its figures are rough.");
    }
    if (!missing.isEmpty()) {
      problem(
          missing.size() + " of " + (missing.size() + outcomes.size()) + " sections were not run.");
    }
    NO_CHARTS.ifPresent(why -> problem("No charts, only their tables: " + why));
    page.append("<p>Every figure says where it comes from:</p><ul>\n");
    for (Kind kind : Kind.values()) {
      page.append("<li>").append(badge(kind)).append(" ");
      page.append(text(kind.meaning())).append("</li>\n");
    }
    page.append("</ul>\n");
    table(machine(environment));
    page.append("<nav><ul>\n");
    List<ReportSection> all =
        new ArrayList<>(outcomes.stream().map(SectionOutcome::section).toList());
    all.addAll(missing);
    for (ReportSection section : all) {
      page.append("<li><a href=\"#").append(text(section.name())).append("\">");
      page.append(text(section.title())).append("</a></li>\n");
    }
    page.append("</ul></nav>\n");
  }

  private static Table machine(Environment machine) {
    return new Table(
        List.of("", "this run"),
        List.of(
            List.of("date (UTC)", machine.date()),
            List.of("processor", machine.cpu() + ", " + machine.cores() + " cores for this JVM"),
            List.of(
                "memory, GiB",
                gib(machine.memoryBytes()) + ", heap up to " + gib(machine.heapBytes())),
            List.of("system", machine.os()),
            List.of("JDK", machine.jdk()),
            List.of("filesystem", machine.filesystem()),
            List.of("chunk I/O", machine.ioMode() + ": " + machine.ioModeReason()),
            List.of("library", machine.version()),
            List.of("revision", machine.revision())));
  }

  private static String gib(long bytes) {
    return Figure.number((double) Math.round(bytes / (double) (1L << 30) * 10) / 10);
  }

  private void section(SectionOutcome outcome) {
    heading(outcome.section());
    outcome.problem().ifPresent(this::problem);
    outcome
        .result()
        .ifPresent(
            result -> {
              notes(result.notes());
              result.figures().forEach(this::figure);
            });
    page.append("<p>To make it again:</p>\n<pre><code>");
    page.append(text(outcome.command())).append("</code></pre>\n</section>\n");
  }

  private void notRun(ReportSection section) {
    heading(section);
    problem("not run");
    page.append("</section>\n");
  }

  private void heading(ReportSection section) {
    page.append("<section id=\"").append(text(section.name())).append("\">\n<h2>");
    page.append(text(section.title())).append(" ");
    page.append(badge(section.kind())).append("</h2>\n");
  }

  private void figure(Figure figure) {
    page.append("<figure>\n<figcaption>").append(text(figure.caption())).append(" ");
    page.append(badge(figure.kind())).append("</figcaption>\n");
    if (NO_CHARTS.isEmpty() && figure.chart().isPresent()) {
      for (Theme theme : Theme.values()) {
        page.append("<div class=\"scroll theme-").append(theme.label()).append("\">");
        page.append(figure.chart().get().toSvg(theme, "chart" + charts++ + "-"));
        page.append("</div>\n");
      }
    }
    table(figure.table());
    page.append("</figure>\n");
  }

  private void table(Table table) {
    List<String> styles = new ArrayList<>();
    for (int column = 0; column < table.columns().size(); column++) {
      styles.add(style(table, column));
    }
    page.append("<div class=\"scroll\"><table>\n<thead>");
    row("th scope=\"col\"", table.columns(), styles);
    page.append("</thead>\n<tbody>\n");
    table.rows().forEach(row -> row("td", row, styles));
    page.append("</tbody></table></div>\n");
  }

  private void row(String tag, List<String> cells, List<String> styles) {
    page.append("<tr>");
    for (int i = 0; i < cells.size(); i++) {
      page.append("<").append(tag).append(" class=\"").append(styles.get(i)).append("\">");
      page.append(text(cells.get(i))).append("</").append(tag, 0, 2).append(">");
    }
    page.append("</tr>\n");
  }

  /** Numbers stand to the right, sentences get room, the first column names the row. */
  private static String style(Table table, int column) {
    List<String> cells = table.rows().stream().map(row -> row.get(column)).toList();
    if (column > 0 && cells.stream().allMatch(cell -> NUMBER.matcher(cell).matches())) {
      return "number";
    }
    return cells.stream().anyMatch(cell -> cell.length() > SENTENCE) ? "text" : "word";
  }

  private void problem(String what) {
    page.append("<p class=\"problem\">").append(text(what)).append("</p>\n");
  }

  /** The first says what the section is about; the others are conditions. */
  private void notes(List<String> notes) {
    if (!notes.isEmpty()) {
      page.append("<p>").append(text(notes.get(0))).append("</p>\n");
    }
    if (notes.size() > 1) {
      page.append("<ul class=\"notes\">\n");
      notes
          .subList(1, notes.size())
          .forEach(note -> page.append("<li>").append(text(note)).append("</li>\n"));
      page.append("</ul>\n");
    }
  }

  private static String badge(Kind kind) {
    return "<span class=\"kind " + kind.label() + "\">" + kind.label() + "</span>";
  }

  /** Text that is only text, whatever it holds: characters that XML does not know are replaced. */
  private static String text(String raw) {
    StringBuilder safe = new StringBuilder(raw.length());
    raw.codePoints()
        .forEach(
            c -> {
              switch (c) {
                case '&' -> safe.append("&amp;");
                case '<' -> safe.append("&lt;");
                case '>' -> safe.append("&gt;");
                case '"' -> safe.append("&quot;");
                case '\'' -> safe.append("&#39;");
                default -> safe.appendCodePoint(known(c) ? c : 0xfffd);
              }
            });
    return safe.toString();
  }

  private static boolean known(int c) {
    return c == '\n'
        || c == '\t'
        || c >= 0x20 && c < 0xd800
        || c >= 0xe000 && c < 0xfffe
        || c >= 0x10000;
  }
}
