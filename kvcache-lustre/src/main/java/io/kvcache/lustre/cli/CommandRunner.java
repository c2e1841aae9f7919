package io.kvcache.lustre.cli;

import java.io.PrintWriter;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;

/**
 * How every command line of kvcache behaves: results go to stdout, as text or with {@code --json}
 * as JSON; progress goes to stderr. Exit 0; 2 for bad input, with one line on stderr that says what
 * is wrong; 1 for a failure of the program itself, with its stack trace.
 */
public final class CommandRunner {
  private static final int BAD_INPUT = 2;

  private CommandRunner() {}

  /**
   * Runs a command in this JVM.
   *
   * @param program an object that picocli knows how to run
   * @param out takes the result
   * @param err takes the line about bad input
   * @return the exit code
   */
  public static int run(Object program, PrintWriter out, PrintWriter err, String... args) {
    CommandLine command = new CommandLine(program);
    for (String arg : args) {
      // Under LANG=C the JVM reads every other character as this one: a seed would silently hash
      // as another.
      if (arg.indexOf('\ufffd') >= 0) {
        return refuse(
            command.setErr(err),
            "argument \""
                + arg
                + "\" holds characters that this locale cannot read: set LC_ALL=C.UTF-8");
      }
    }
    return command
        .setOut(out)
        .setErr(err)
        // An argument that begins with @ is what it says, not a file to read arguments from.
        .setExpandAtFiles(false)
        .setParameterExceptionHandler((e, arguments) -> refuse(e.getCommandLine(), e.getMessage()))
        .setExecutionExceptionHandler(
            (e, failed, parsed) -> {
              if (e instanceof CommandLineException) {
                return refuse(failed, e.getMessage());
              }
              throw e;
            })
        .execute(args);
  }

  /** What a program without a command has to say: there is nothing to do. */
  public static CommandLineException noCommand(CommandSpec program) {
    return new CommandLineException(
        "no command given: one of "
            + String.join(", ", program.subcommands().keySet())
            + "; --help explains them");
  }

  private static int refuse(CommandLine command, String message) {
    String line = message.strip().replaceAll("\\s*\\R\\s*", " ");
    command.getErr().println(command.getCommandSpec().qualifiedName() + ": " + line);
    return BAD_INPUT;
  }
}
