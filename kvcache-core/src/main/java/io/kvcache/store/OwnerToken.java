package io.kvcache.store;

import java.security.SecureRandom;

/**
 * Eight characters that name one open store and end the names of its temporary files. The first is
 * a lower-case letter and the second an upper-case one: Lustre's striped directories with a CRUSH
 * hash then put a temporary file on the metadata server of its final name.
 */
public final class OwnerToken {
  static final int LENGTH = 8;

  private static final String LOWER = "abcdefghijklmnopqrstuvwxyz";
  private static final String UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
  private static final String BASE62 = LOWER + UPPER + "0123456789";
  private static final SecureRandom RANDOM = new SecureRandom();

  private OwnerToken() {}

  /** A new one. */
  public static String create() {
    StringBuilder token = new StringBuilder(LENGTH).append(pick(LOWER)).append(pick(UPPER));
    while (token.length() < LENGTH) {
      token.append(pick(BASE62));
    }
    return token.toString();
  }

  /** Whether it is spelled as a token. */
  static boolean is(String text) {
    return text.length() == LENGTH
        && LOWER.indexOf(text.charAt(0)) >= 0
        && UPPER.indexOf(text.charAt(1)) >= 0
        && text.chars().allMatch(c -> BASE62.indexOf(c) >= 0);
  }

  private static char pick(String alphabet) {
    return alphabet.charAt(RANDOM.nextInt(alphabet.length()));
  }
}
