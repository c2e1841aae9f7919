package io.kvcache;

/** What a model reads back of a group's rows once a prefix is reused. */
public enum GroupKind {
  /** Attention over everything: every row of the prefix is needed. */
  FULL("full"),
  /** Sliding-window attention: only the rows of the last window of tokens are needed. */
  WINDOW("window"),
  /** Linear attention, SSM: one state per layer, the one after the last token of the prefix. */
  STATE("state");

  private final String label;

  GroupKind(String label) {
    this.label = label;
  }

  /** The name in config.json. */
  public String label() {
    return label;
  }
}
