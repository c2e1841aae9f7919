package io.kvcache.prefix;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/** The digest under every key. A place of its own because Java makes its absence checked. */
public final class Sha256 {
  private Sha256() {}

  /** A fresh SHA-256; not thread-safe. */
  public static MessageDigest create() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform is required to have SHA-256", e);
    }
  }
}
