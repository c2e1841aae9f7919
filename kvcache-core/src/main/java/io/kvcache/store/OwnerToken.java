package io.kvcache.store;

import java.security.SecureRandom;

/**
 * Eight characters that name one open store and end the names of its temporary files. The first is
 * a lower-case letter and the second an upper-case one: Lustre's striped directories with a CRUSH
 * hash then put a temporary file on the metadata server of its final name.
 */
final class OwnerToken {
  private static final String LOWER = "abcdefghijklmnopqrstuvwxyz";
  private static final String UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
  private static final String BASE62 = LOWER + UPPER + "0123456789";
  private static final SecureRandom RANDOM = new SecureRandom();

  private OwnerToken() {}

  static String create() {
    StringBuilder token = new StringBuilder(8).append(pick(LOWER)).append(pick(UPPER));
    while (token.length() < 8) {
      token.append(pick(BASE62));
    }
    return token.toString();
  }

  private static char pick(String alphabet) {
    return alphabet.charAt(RANDOM.nextInt(alphabet.length()));
  }
}
