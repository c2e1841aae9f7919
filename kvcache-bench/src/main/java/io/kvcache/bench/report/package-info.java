/**
 * The report of everything that this module can say about a machine: one page of HTML, which needs
 * nothing but itself, and {@code results.json}.
 *
 * <pre>{@code
 * java -jar kvcache-bench.jar report --out DIR [--dir D] [--quick] [--json]
 * }</pre>
 *
 * <p>{@code --dir} is where chunks are written and read, on the disk that is asked about; DIR
 * itself if it is not given. Everything that was written there is removed. DIR gets {@code
 * report.html} and {@code results.json}, both replaced after each section, so that Ctrl-C leaves a
 * report of what has ended; nothing else in DIR is touched.
 *
 * <p>A section is a class that implements {@link io.kvcache.bench.report.ReportSection} and stands
 * in the list of {@link io.kvcache.bench.report.ReportSections}. It refuses bad conditions in
 * {@code check}, before anything runs; says while it runs what it does and how far it is; and
 * returns notes, figures and a JSON node. A {@link io.kvcache.bench.report.Figure} has one {@link
 * io.kvcache.bench.report.Kind}, and a table whether or not it has a chart. A section that fails is
 * in the report with its reason.
 *
 * <p>{@code results.json}: {@code environment} (date, cpu, cores, memory_bytes, heap_bytes, jdk,
 * os, filesystem, io_mode, io_mode_reason, version, revision), {@code quick}, {@code complete}, and
 * {@code sections}, each with name, title, kind, command, problem (null if there was none), notes
 * and results. The revision is that of the repository that was built, {@code unknown} without one.
 */
package io.kvcache.bench.report;
