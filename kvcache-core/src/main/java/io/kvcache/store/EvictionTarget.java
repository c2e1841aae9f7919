package io.kvcache.store;

/** How much a pass over the directory leaves, decided once it has seen what there is. */
interface EvictionTarget {
  /** Nothing has to go. */
  long EVERYTHING = Long.MAX_VALUE;

  /**
   * Asked once, after the scan.
   *
   * @param usage bytes of all our files
   * @param images bytes of the images among them that the scan saw
   * @return bytes of images to keep, the newest; 0 or less for none
   */
  long keep(long usage, long images);

  /** The pass has removed an image of that size. */
  default void removed(long bytes) {}
}
