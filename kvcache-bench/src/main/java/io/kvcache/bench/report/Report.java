package io.kvcache.bench.report;

import io.kvcache.bench.io.RunWatch;
import io.kvcache.bench.ttft.TtftTrial;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CancellationException;

/**
 * Runs the sections one after the other and writes the files anew after each, so that whatever ends
 * the run leaves what has ended. A section that fails is in the report with its reason, and the
 * others run. For one thread.
 */
public final class Report {
  private final List<ReportSection> sections;
  private final ReportContext context;
  private final ReportFiles files;
  private final List<SectionOutcome> outcomes = new ArrayList<>();

  /**
   * @param sections in their order
   * @param directory where measurements are made; exists
   * @param out where the report goes; exists
   * @param watch hears of what all sections do
   */
  public Report(
      List<ReportSection> sections,
      Path directory,
      Path out,
      boolean quick,
      TtftTrial.Watch watch) {
    this.sections = List.copyOf(sections);
    this.context = new ReportContext(directory, quick, watch);
    this.files = new ReportFiles(out);
  }

  /**
   * Refuses what would not work, before anything runs.
   *
   * @throws IllegalArgumentException if a section would not work
   */
  public void check() throws IOException {
    for (ReportSection section : sections) {
      section.check(context);
    }
  }

  /**
   * Runs the sections.
   *
   * @return how many ended well
   */
  public int run() throws IOException, InterruptedException {
    Environment environment = Environment.of(context.directory());
    write(environment);
    for (ReportSection section : sections) {
      if (!context.watch().phase(section.name(), 1).goOn(0)) {
        break;
      }
      outcomes.add(run(section));
      write(environment);
    }
    return (int) outcomes.stream().filter(outcome -> outcome.problem().isEmpty()).count();
  }

  private SectionOutcome run(ReportSection section) throws IOException, InterruptedException {
    boolean[] stopped = new boolean[1];
    String place =
        String.format("%d of %d, %s: ", outcomes.size() + 1, sections.size(), section.name());
    TtftTrial.Watch watch =
        (phase, total) -> {
          RunWatch steps = context.watch().phase(place + phase, total);
          return done -> {
            boolean goOn = steps.goOn(done);
            stopped[0] |= !goOn;
            return goOn;
          };
        };
    String command = section.command(context);
    try {
      SectionResult result = section.run(context.watchedBy(watch));
      return new SectionOutcome(
          section,
          command,
          Optional.of(result),
          stopped[0] ? Optional.of("interrupted: not all of it was run") : Optional.empty());
    } catch (CancellationException e) {
      return failed(section, command, "interrupted");
    } catch (IOException | RuntimeException e) {
      return failed(section, command, "failed: " + e);
    }
  }

  private static SectionOutcome failed(ReportSection section, String command, String why) {
    return new SectionOutcome(section, command, Optional.empty(), Optional.of(why));
  }

  private void write(Environment environment) throws IOException {
    List<ReportSection> missing = sections.subList(outcomes.size(), sections.size());
    files.write(environment, context.quick(), outcomes, missing);
  }

  /** Problems of sections, a line each. */
  public List<String> problems() {
    List<String> lines = new ArrayList<>();
    for (SectionOutcome outcome : outcomes) {
      outcome.problem().ifPresent(why -> lines.add(outcome.section().name() + ": " + why));
    }
    return lines;
  }

  /** The page. */
  public Path html() {
    return files.html();
  }

  /** The numbers. */
  public Path json() {
    return files.json();
  }
}
