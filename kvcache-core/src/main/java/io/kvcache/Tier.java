package io.kvcache;

/** Where a chunk was found. */
public enum Tier {
  /** Device memory that the engine granted. */
  HBM,
  /** Host memory of this process. */
  DRAM,
  /** The directory, on a local disk or a shared filesystem. */
  STORE
}
