package io.kvcache.bench.report;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;

/**
 * The report's two files in a directory, each replaced as a whole; nothing else there is touched.
 *
 * @param directory exists
 */
record ReportFiles(Path directory) {
  static final JsonMapper JSON =
      JsonMapper.builder()
          .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
          .enable(SerializationFeature.INDENT_OUTPUT)
          .build();

  Path html() {
    return directory.resolve("report.html");
  }

  Path json() {
    return directory.resolve("results.json");
  }

  void write(
      Environment environment,
      boolean quick,
      List<SectionOutcome> outcomes,
      List<ReportSection> missing)
      throws IOException {
    replace(html(), HtmlReport.of(environment, quick, outcomes, missing));
    replace(json(), JSON.writeValueAsString(results(environment, quick, outcomes, missing)) + "\n");
  }

  private static ObjectNode results(
      Environment environment,
      boolean quick,
      List<SectionOutcome> outcomes,
      List<ReportSection> missing) {
    ObjectNode root = JSON.createObjectNode();
    root.set("environment", JSON.valueToTree(environment));
    root.put("quick", quick);
    root.put(
        "complete", missing.isEmpty() && outcomes.stream().allMatch(o -> o.problem().isEmpty()));
    ArrayNode sections = root.putArray("sections");
    for (SectionOutcome outcome : outcomes) {
      ObjectNode section = named(sections.addObject(), outcome.section());
      section.put("command", outcome.command());
      section.put("problem", outcome.problem().orElse(null));
      outcome
          .result()
          .ifPresent(
              result -> {
                section.set("notes", JSON.valueToTree(result.notes()));
                section.set("results", result.json());
              });
    }
    for (ReportSection section : missing) {
      named(sections.addObject(), section).put("problem", "not run");
    }
    return root;
  }

  private static ObjectNode named(ObjectNode node, ReportSection section) {
    return node.put("name", section.name())
        .put("title", section.title())
        .put("kind", section.kind().label());
  }

  private static void replace(Path file, String text) throws IOException {
    Path next = file.resolveSibling("." + file.getFileName() + ".next");
    Files.writeString(next, text);
    Files.move(next, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
  }
}
