package io.kvcache.bench.sim;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.kvcache.bench.json.JsonFault;
import io.kvcache.bench.json.StrictJson;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A scenario as JSON, shipped or a user's: fields of {@link Scenario}, and {@code variants}, each
 * of which changes some of them. The first variant is what the others are compared with.
 */
public final class ScenarioFile {
  private static final List<String> SHIPPED =
      List.of("s0-deepseek-r1", "s1-guide", "s1-llm-d", "trace");
  private static final String VARIANTS = "variants";

  private static final JsonMapper JSON =
      StrictJson.mapper()
          .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
          .enable(MapperFeature.ACCEPT_CASE_INSENSITIVE_ENUMS)
          .build();

  private final String name;
  private final ObjectNode fields;

  private ScenarioFile(String name, ObjectNode fields) {
    this.name = name;
    this.fields = fields;
  }

  /**
   * One of the clusters that a scenario compares.
   *
   * @param name its name in the file
   * @param scenario all of its fields
   */
  public record Variant(String name, Scenario scenario) {}

  /** Names of the scenarios that come with the program. */
  public static List<String> shipped() {
    return SHIPPED;
  }

  /**
   * Opens a shipped scenario by its name, or else a file.
   *
   * @throws IllegalArgumentException if there is none, or it is no scenario
   * @throws IOException if the file cannot be read
   */
  public static ScenarioFile open(String nameOrFile) throws IOException {
    if (SHIPPED.contains(nameOrFile)) {
      try (InputStream resource = ScenarioFile.class.getResourceAsStream(nameOrFile + ".json")) {
        return parse(nameOrFile, resource.readAllBytes());
      }
    }
    Path file = Path.of(nameOrFile);
    if (!Files.exists(file)) {
      throw new IllegalArgumentException(
          nameOrFile + ": neither a file nor one of the scenarios " + String.join(", ", SHIPPED));
    }
    return parse(nameOrFile, StrictJson.bytes(file));
  }

  /**
   * A scenario from its text.
   *
   * @throws IllegalArgumentException if it is no JSON object
   */
  public static ScenarioFile parse(String name, String text) {
    return parse(name, text.getBytes(StandardCharsets.UTF_8));
  }

  private static ScenarioFile parse(String name, byte[] text) {
    if (StrictJson.tree(name, text) instanceof ObjectNode fields) {
      return new ScenarioFile(name, fields);
    }
    throw new IllegalArgumentException(name + " is no JSON object");
  }

  /** What it was opened as. */
  public String name() {
    return name;
  }

  /**
   * This scenario with another value in one place, variants' own values excepted.
   *
   * @param path the field, with dots between the names of objects and their fields
   * @param value JSON, or text as it stands; {@code null} takes the field away
   */
  public ScenarioFile with(String path, String value) {
    ObjectNode changed = fields.deepCopy();
    String[] names = path.split("\\.", -1);
    ObjectNode place = changed;
    for (int i = 0; i < names.length - 1; i++) {
      JsonNode inner = place.get(names[i]);
      if (inner == null || inner.isNull()) {
        inner = place.putObject(names[i]);
      }
      if (!(inner instanceof ObjectNode object)) {
        throw new IllegalArgumentException(
            path + ": " + names[i] + " is " + inner + ", which has no fields");
      }
      place = object;
    }
    place.set(names[names.length - 1], json(value));
    return new ScenarioFile(name, changed);
  }

  /** What a field is, as JSON; empty where the file does not say. */
  public String value(String path) {
    return fields.at("/" + path.replace('.', '/')).toString();
  }

  private static JsonNode json(String value) {
    try {
      JsonNode json = JSON.readTree(value);
      return json.isMissingNode() ? TextNode.valueOf(value) : json;
    } catch (JsonProcessingException e) {
      return TextNode.valueOf(value);
    }
  }

  /** This scenario with a trace's requests; what it says about another trace stays. */
  public ScenarioFile withTrace(Path trace) {
    JsonNode workload = fields.path("workload");
    ObjectNode changed = fields.deepCopy();
    ObjectNode requests =
        workload.has("requests") || !workload.isObject()
            ? changed.putObject("workload")
            : (ObjectNode) changed.get("workload");
    requests.put("trace", trace.toString());
    return new ScenarioFile(name, changed);
  }

  /**
   * What the scenario compares; itself if it has no variants.
   *
   * @throws IllegalArgumentException naming the field that is wrong
   */
  public List<Variant> variants() {
    ObjectNode common = fields.deepCopy();
    JsonNode variants = common.remove(VARIANTS);
    if (variants == null) {
      return List.of(new Variant(name, scenario(name, common)));
    }
    if (!(variants instanceof ObjectNode) || variants.isEmpty()) {
      throw new IllegalArgumentException(
          name + ": variants is " + variants + ": an object with an object for each variant");
    }
    List<Variant> result = new ArrayList<>();
    for (Map.Entry<String, JsonNode> variant : variants.properties()) {
      String place = name + ", variant " + variant.getKey();
      if (!(variant.getValue() instanceof ObjectNode changes)) {
        throw new IllegalArgumentException(place + " is " + variant.getValue() + ": an object");
      }
      ObjectNode merged = common.deepCopy();
      merge(merged, changes);
      result.add(new Variant(variant.getKey(), scenario(place, merged)));
    }
    return result;
  }

  // RFC 7396: objects are merged, null takes away.
  private static void merge(ObjectNode into, ObjectNode changes) {
    for (Map.Entry<String, JsonNode> change : changes.properties()) {
      if (change.getValue() instanceof ObjectNode inner
          && into.get(change.getKey()) instanceof ObjectNode target) {
        merge(target, inner);
      } else {
        into.set(change.getKey(), change.getValue());
      }
    }
  }

  private static Scenario scenario(String place, ObjectNode json) {
    try {
      return JSON.treeToValue(json, Scenario.class);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(place + ": " + JsonFault.of(e), e);
    }
  }
}
