package io.kvcache.bench.report;

import java.io.IOException;

/** A part of the report: one class each, listed in {@link ReportSections}. Has no state. */
public interface ReportSection {
  /** Short name in results.json and in links: lower-case letters, digits and hyphens. */
  String name();

  /** The heading. */
  String title();

  /** Where most of it comes from; a figure may say something else. */
  Kind kind();

  /** What to run by hand to make its figures again, larger or longer; a command a line. */
  String command(ReportContext context);

  /**
   * Refuses, before anything runs, what would not work.
   *
   * @throws IllegalArgumentException if it would not: value, limit and remedy in one line
   */
  default void check(ReportContext context) throws IOException {}

  /**
   * Runs it. When the watch says so it ends early, with what it has.
   *
   * @throws java.util.concurrent.CancellationException if it ended early and has nothing
   */
  SectionResult run(ReportContext context) throws IOException, InterruptedException;
}
