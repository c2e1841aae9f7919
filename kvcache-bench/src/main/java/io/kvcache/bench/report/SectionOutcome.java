package io.kvcache.bench.report;

import java.util.Optional;

/**
 * How a section ended.
 *
 * @param section which
 * @param command what makes it again
 * @param result none if it failed, or was interrupted with nothing to show
 * @param problem why there is no result, or not all of it
 */
record SectionOutcome(
    ReportSection section,
    String command,
    Optional<SectionResult> result,
    Optional<String> problem) {}
