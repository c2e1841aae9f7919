package io.kvcache;

/** Where a chunk was found. */
public enum Tier {
  /** Device memory that the engine granted. */
  HBM("GPU"),
  /** Host memory of this process. */
  DRAM("CPU"),
  /** The directory, on a local disk or a shared filesystem. */
  STORE("STORAGE");

  private final String medium;

  Tier(String medium) {
    this.medium = medium;
  }

  /** What vLLM's KV events call it: GPU, CPU or STORAGE. */
  public String medium() {
    return medium;
  }
}
