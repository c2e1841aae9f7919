package io.kvcache;

import java.util.List;

/** The layout section of a configuration file. */
final class ConfigLayout {
  static final ConfigTable<KvLayout.Builder> SETTINGS =
      new ConfigTable<KvLayout.Builder>("attention", "mla", "groups", "element_type")
          .add("block_tokens", ConfigValue::integer, "blockTokens", KvLayout.Builder::blockTokens)
          .add("chunk_tokens", ConfigValue::integer, "chunkTokens", KvLayout.Builder::chunkTokens)
          .add("alignment", ConfigValue::integer, "alignment", KvLayout.Builder::alignment)
          .add("arrangement", ConfigValue::text, "arrangement", KvLayout.Builder::arrangement);

  private ConfigLayout() {}

  static KvLayout read(ConfigValue section) {
    section.object(SETTINGS.fields());
    ElementType type = section.field("element_type").oneOf(ElementType.values(), Enum::name);
    String shape = section.only("attention", "mla", "groups");
    ConfigValue value = section.field(shape);
    KvLayout.Builder layout =
        switch (shape) {
          case "attention" -> attention(value, type).toBuilder();
          case "mla" -> mla(value, type).toBuilder();
          default -> groups(value, type);
        };
    SETTINGS.apply(section, layout);
    return section.accepted(layout::build);
  }

  private static KvLayout attention(ConfigValue value, ElementType type) {
    value.object("layers", "kv_heads", "head_dim");
    int layers = value.field("layers").integer();
    int heads = value.field("kv_heads").integer();
    int dim = value.field("head_dim").integer();
    return value.accepted(() -> KvLayout.attention(layers, heads, dim, type));
  }

  private static KvLayout mla(ConfigValue value, ElementType type) {
    value.object("layers", "latent_dim", "rope_dim");
    int layers = value.field("layers").integer();
    int latent = value.field("latent_dim").integer();
    int rope = value.field("rope_dim").integer();
    return value.accepted(() -> KvLayout.mla(layers, latent, rope, type));
  }

  /** Written as in the config.json of a namespace. */
  private static KvLayout.Builder groups(ConfigValue value, ElementType type) {
    KvLayout.Builder layout = KvLayout.builder().elementType(type);
    value.elements().forEach(group -> addGroup(layout, group));
    return layout;
  }

  private static void addGroup(KvLayout.Builder layout, ConfigValue group) {
    group.object("kind", "layers", "window", "parts");
    GroupKind kind = group.field("kind").oneOf(GroupKind.values(), GroupKind::label);
    int[] layers =
        group.field("layers").elements().stream().mapToInt(ConfigValue::integer).toArray();
    List<LayoutPart> list =
        group.field("parts").elements().stream().map(ConfigLayout::part).toList();
    LayoutPart[] parts = list.toArray(LayoutPart[]::new);
    if (kind != GroupKind.WINDOW && group.optional("window").isPresent()) {
      throw group
          .field("window")
          .refused("only a group of kind \"window\" has one; this one is \"" + kind.label() + "\"");
    }
    int window = kind == GroupKind.WINDOW ? group.field("window").integer() : 0;
    group.accepted(
        () ->
            switch (kind) {
              case FULL -> layout.full(layers, parts);
              case WINDOW -> layout.window(window, layers, parts);
              case STATE -> layout.state(layers, parts);
            });
  }

  private static LayoutPart part(ConfigValue part) {
    part.object("name", "bytes");
    String name = part.field("name").text();
    int bytes = part.field("bytes").integer();
    return part.accepted(() -> new LayoutPart(name, bytes));
  }
}
