package io.kvcache.lustre.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What the process's standard streams are connected to. */
public final class Terminal {
  private Terminal() {}

  /**
   * Whether somebody sees what goes to stderr. {@code System.console()} tells of stdin and stdout;
   * results are often sent to a file.
   */
  public static boolean showsErrors() {
    try {
      String stderr = Files.readSymbolicLink(Path.of("/proc/self/fd/2")).toString();
      return stderr.startsWith("/dev/pts/") || stderr.startsWith("/dev/tty");
    } catch (IOException | UnsupportedOperationException e) {
      return false;
    }
  }
}
