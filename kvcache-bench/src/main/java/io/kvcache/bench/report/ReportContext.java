package io.kvcache.bench.report;

import io.kvcache.bench.io.RunWatch;
import java.nio.file.Path;

/**
 * What a section gets.
 *
 * @param directory exists; measurements make a folder of their own in it and remove it
 * @param quick whether seconds matter more than figures
 * @param watch hears of the section's steps now and then, and says whether to go on
 */
public record ReportContext(Path directory, boolean quick, RunWatch watch) {}
