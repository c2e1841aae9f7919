package io.kvcache.bench.seeds;

import io.kvcache.bench.json.StrictJson;
import io.kvcache.bench.model.Accelerator;
import io.kvcache.bench.model.Catalogue;
import io.kvcache.bench.model.Deployment;
import io.kvcache.bench.model.ModelShape;
import io.kvcache.bench.model.Precision;
import java.util.List;

/**
 * A text, what it claims, and the one set of constants with which all of that is compared.
 *
 * @param document short name
 * @param source which text, in words
 * @param scenario that is simulated; null if none
 * @param model of what is modelled; null if nothing is
 * @param accelerator on which
 * @param precision of weights and products
 * @param width accelerators of an instance; 0 or left out if nothing is modelled
 * @param machine whose price is taken; null if none
 * @param constants everything else
 * @param claims its figures
 */
public record SourceDocument(
    String document,
    String source,
    String scenario,
    String model,
    String accelerator,
    Precision precision,
    Integer width,
    String machine,
    List<Constant> constants,
    List<Claim> claims) {
  public SourceDocument {
    require("document", document);
    require(document + ": source", source);
    require(document + ": constants", constants);
    require(document + ": claims", claims);
    width = width == null ? 0 : width;
    constants = List.copyOf(constants);
    claims = List.copyOf(claims);
  }

  /** Those that come with the jar. */
  public static List<SourceDocument> all() {
    return StrictJson.resourceList(SourceDocument.class, "claims.json", SourceDocument.class);
  }

  /** One of the constants. */
  double constant(String name) {
    return constants.stream()
        .filter(c -> c.name().equals(name))
        .findFirst()
        .orElseThrow(
            () -> new IllegalArgumentException(document + " has no constant \"" + name + "\""))
        .value();
  }

  /** What is modelled. */
  Deployment deployment(Catalogue<ModelShape> models, Catalogue<Accelerator> accelerators) {
    return new Deployment(models.named(model), accelerators.named(accelerator), precision, width);
  }

  static void require(String field, Object value) {
    if (value == null || value instanceof String text && text.isBlank()) {
      throw new IllegalArgumentException(field + " is missing");
    }
  }
}
