package io.kvcache.bench.sim;

/** Hears what becomes of requests. */
interface Served {
  /** The first token is known. */
  void firstToken(SimRequest request);

  /** The last token is known. */
  void ended(SimRequest request);

  /** It would not fit the accelerators' memory, alone. */
  void refused(SimRequest request);
}
