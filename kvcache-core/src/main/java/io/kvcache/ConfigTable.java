package io.kvcache;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BiFunction;
import java.util.function.Function;

/**
 * The fields of one section that are settings of a builder, a line for each: the field's name, how
 * its value is read, the setting's name, and the call that makes it. Filled once, then only read.
 *
 * @param <B> the builder
 */
final class ConfigTable<B> {
  private record Setting<B>(String method, Reader<B> reader) {}

  private interface Reader<B> {
    void set(B builder, ConfigValue value);
  }

  private final Map<String, Setting<B>> settings = new LinkedHashMap<>();
  private final List<String> fields = new ArrayList<>();

  /**
   * A table without settings.
   *
   * @param otherFields fields of the section that are read elsewhere
   */
  ConfigTable(String... otherFields) {
    fields.addAll(Arrays.asList(otherFields));
  }

  /** Adds a setting. */
  <V> ConfigTable<B> add(
      String field, Function<ConfigValue, V> type, String method, BiFunction<B, V, ?> setter) {
    fields.add(field);
    settings.put(
        field,
        new Setting<>(
            method,
            (builder, value) -> {
              V read = type.apply(value);
              value.accepted(() -> setter.apply(builder, read));
            }));
    return this;
  }

  /** Names of all fields of the section. */
  List<String> fields() {
    return fields;
  }

  /** Names of the builder's settings that the section can make. */
  Set<String> methods() {
    Set<String> methods = new TreeSet<>();
    settings.values().forEach(setting -> methods.add(setting.method()));
    return methods;
  }

  /**
   * Makes the settings of a section, which may hold no unknown field.
   *
   * @return path of the field that made each setting
   */
  Map<String, String> apply(ConfigValue section, B builder) {
    section.object(fields);
    Map<String, String> made = new LinkedHashMap<>();
    settings.forEach(
        (field, setting) ->
            section
                .optional(field)
                .ifPresent(
                    value -> {
                      setting.reader().set(builder, value);
                      made.put(setting.method(), value.path());
                    }));
    return made;
  }
}
