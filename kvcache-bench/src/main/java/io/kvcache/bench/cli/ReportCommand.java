package io.kvcache.bench.cli;

import io.kvcache.bench.report.Report;
import io.kvcache.bench.report.ReportSection;
import io.kvcache.bench.report.ReportSections;
import io.kvcache.lustre.cli.CommandLineException;
import io.kvcache.lustre.cli.Interruption;
import io.kvcache.lustre.cli.Output;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Writes the report. */
@Command(
    name = "report",
    description = {
      "Measures and models what this machine can, and writes report.html, which needs nothing but"
          + " itself, and results.json. Both are replaced after each section, so that Ctrl-C leaves"
          + " a report of what has ended; nothing else in the directory is touched.",
      ""
    })
final class ReportCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Mixin private Output output;

  @Option(
      names = "--out",
      required = true,
      paramLabel = "DIR",
      description = "Where the report goes; made if it does not exist.")
  private Path out;

  @Option(
      names = "--dir",
      paramLabel = "D",
      description =
          "A directory on the disk to measure, which must exist; default DIR. What is written there"
              + " is removed.")
  private Path directory;

  @Option(
      names = "--quick",
      description = "Seconds instead of minutes, to see that everything works: rough figures.")
  private boolean quick;

  private final List<ReportSection> sections;

  ReportCommand() {
    this(ReportSections.all());
  }

  ReportCommand(List<ReportSection> sections) {
    this.sections = sections;
  }

  private record Result(String html, String json, int sections, int ended, List<String> problems) {}

  @Override
  public Integer call() throws IOException, InterruptedException {
    PrintWriter err = spec.commandLine().getErr();
    if (directory != null) {
      OutputDirectory.requireWritable("--dir", directory);
    }
    NewDirectory made = NewDirectory.make("--out", out);
    OutputDirectory.requireWritable("--out", out);
    Path measured = directory == null ? out : directory;
    try (Interruption interruption = new Interruption()) {
      Report report;
      int ended;
      try (Phases phases = new Phases("report", err, interruption)) {
        report = new Report(sections, measured, out, quick, phases::begin);
        report.check();
        ended = report.run();
      } catch (IllegalArgumentException e) {
        made.remove();
        throw new CommandLineException("--dir " + measured + ": " + e.getMessage(), e);
      }
      if (ended < sections.size()) {
        err.printf("report: %d of %d sections ended well%n", ended, sections.size());
        report.problems().forEach(problem -> err.println("report: " + problem));
      }
      output.print(
          new Result(
              report.html().toString(),
              report.json().toString(),
              sections.size(),
              ended,
              report.problems()),
          text -> {
            text.println(report.html());
            text.println(report.json());
          });
      return ended == 0 ? 1 : 0;
    }
  }
}
