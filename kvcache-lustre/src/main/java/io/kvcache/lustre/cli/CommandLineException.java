package io.kvcache.lustre.cli;

/**
 * Bad input on the command line: what was given, what is accepted, what to do. {@link
 * CommandRunner} prints the message as one line on stderr and exits with 2.
 */
public final class CommandLineException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Input that the message explains. */
  public CommandLineException(String message) {
    super(message);
  }

  /** Input that the message explains, refused by something deeper. */
  public CommandLineException(String message, Throwable cause) {
    super(message, cause);
  }
}
