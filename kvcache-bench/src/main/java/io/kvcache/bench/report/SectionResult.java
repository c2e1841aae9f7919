package io.kvcache.bench.report;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;

/**
 * What a section found.
 *
 * @param notes sentences: conditions, assumptions, what could not be had
 * @param figures in the order they are shown
 * @param json the same for programs, all digits; fields in snake_case
 */
public record SectionResult(List<String> notes, List<Figure> figures, JsonNode json) {
  /** Keeps copies. */
  public SectionResult {
    notes = List.copyOf(notes);
    figures = List.copyOf(figures);
  }
}
