package io.kvcache;

import java.util.Map;
import java.util.Optional;

/**
 * Where a builder's settings come from, so that what it says about them names the field of the file
 * that made them, and the call if it was code.
 *
 * @param root what the file's paths start with; empty without a file
 * @param fields path of the field that made each setting, by the setting's name
 * @param store path of the file's store section, if it has one
 */
record ConfigOrigin(String root, Map<String, String> fields, Optional<String> store) {
  /** Everything is set by code. */
  static final ConfigOrigin CODE = new ConfigOrigin("", Map.of(), Optional.empty());

  /** A setting with its value, as whoever made it wrote it. */
  String with(String setting, Object value) {
    String field = fields.get(setting);
    return field == null ? setting + "(" + value + ")" : field + " = " + value;
  }

  /** Says that a setting was made a second time. */
  String twice(String setting) {
    String field = fields.get(setting);
    return setting
        + "(...) is set twice"
        + (field == null ? "" : ", by " + field + " too")
        + ": set it once";
  }

  /** What else than a call makes a setting. */
  String orField(String name) {
    return root.isEmpty() ? "" : ", or add " + root + "." + name;
  }
}
