package io.kvcache.store;

/** What proves that an image is not the one that was asked for. */
public enum ImageFault {
  /** Fewer bytes than the layout computes. */
  LENGTH,
  /** No {@code KVCHUNK} at its start. */
  MAGIC,
  /** Another format version. */
  VERSION,
  /** The header's checksum is wrong. */
  HEADER_CHECKSUM,
  /** Header, alignment, or segment sizes that the layout does not compute. */
  SHAPE,
  /** Another chunk's bytes: key, parent, scope, index or token count differ. */
  KEY,
  /** Another model's or layout's bytes. */
  FINGERPRINT,
  /** Another rank's or group's bytes. */
  RANK,
  /** A segment's checksum is wrong. */
  PAYLOAD_CHECKSUM
}
