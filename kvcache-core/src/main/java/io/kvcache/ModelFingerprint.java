package io.kvcache;

import java.util.Locale;
import java.util.Objects;
import java.util.regex.Pattern;

/**
 * Which model made the bytes. Two models that compute different K/V for the same tokens must differ
 * here: hash the weights as loaded (quantised weights are other weights) and the tokenizer.
 *
 * @param model a name for people, such as {@code llama-3.3-70b}
 * @param weightsSha256 SHA-256 of the weights, 64 hex digits
 * @param tokenizerSha256 SHA-256 of the tokenizer, 64 hex digits
 */
public record ModelFingerprint(String model, String weightsSha256, String tokenizerSha256) {
  private static final Pattern SHA256 = Pattern.compile("[0-9a-f]{64}");

  public ModelFingerprint {
    Objects.requireNonNull(model, "model");
    if (model.isBlank() || model.length() > 128) {
      throw new IllegalArgumentException(
          "model name \"" + model + "\": 1 to 128 characters, not blank");
    }
    weightsSha256 = digest("weightsSha256", weightsSha256);
    tokenizerSha256 = digest("tokenizerSha256", tokenizerSha256);
  }

  /** Same as the constructor. */
  public static ModelFingerprint of(String model, String weightsSha256, String tokenizerSha256) {
    return new ModelFingerprint(model, weightsSha256, tokenizerSha256);
  }

  static String digest(String name, String hex) {
    String lower = Objects.requireNonNull(hex, name).toLowerCase(Locale.ROOT);
    if (!SHA256.matcher(lower).matches()) {
      throw new IllegalArgumentException(name + " = \"" + hex + "\": a SHA-256 is 64 hex digits");
    }
    return lower;
  }
}
