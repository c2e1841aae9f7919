package io.kvcache.store;

/** What proves that an image is not the one that was asked for, or that its name says. */
public enum ImageFault {
  /** Fewer bytes than the layout computes, or not as many as the header states. */
  LENGTH,
  /** No {@code KVCHUNK} at its start. */
  MAGIC,
  /** Another format version. */
  VERSION,
  /** The header's checksum is wrong. */
  HEADER_CHECKSUM,
  /** Header, alignment, or segment sizes that the layout, or no layout at all, computes. */
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
