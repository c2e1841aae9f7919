package io.kvcache.store;

import java.nio.file.OpenOption;

/**
 * The JDK's O_DIRECT option. It lives in a package of the JDK that newer compilers warn about, so
 * it is looked up by name, here and nowhere else.
 */
final class DirectOption {
  private DirectOption() {}

  /** The option, or null where this run-time image lacks {@code jdk.unsupported}. */
  static OpenOption find() {
    try {
      for (Object option :
          Class.forName("com.sun.nio.file.ExtendedOpenOption").getEnumConstants()) {
        if (option.toString().equals("DIRECT")) {
          return (OpenOption) option;
        }
      }
      return null;
    } catch (ClassNotFoundException e) {
      return null;
    }
  }
}
