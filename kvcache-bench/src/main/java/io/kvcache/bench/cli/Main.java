package io.kvcache.bench.cli;

import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/**
 * The command line of the benchmarks. Results go to stdout, as text or with {@code --json} as one
 * JSON object; progress goes to stderr. Exit 0; 2 for bad input, with one line on stderr that says
 * what is wrong; 1 for a failure of the program itself, with its stack trace.
 */
@Command(
    name = "kvcache-bench",
    description = "Demonstrates, measures and replays the KV cache.",
    mixinStandardHelpOptions = true,
    scope = ScopeType.INHERIT,
    versionProvider = Main.Version.class,
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      DemoCommand.class,
      HashCommand.class,
      IoCommand.class,
      ReplayCommand.class,
    })
public final class Main implements Callable<Integer> {
  private static final int BAD_INPUT = 2;

  @Spec private CommandSpec spec;

  private Main() {}

  /** Runs a command and ends the JVM with its exit code. */
  public static void main(String[] args) {
    System.exit(run(new PrintWriter(System.out, true), new PrintWriter(System.err, true), args));
  }

  /**
   * Runs a command in this JVM.
   *
   * @param out takes the result
   * @param err takes the line about bad input
   * @return the exit code
   */
  static int run(PrintWriter out, PrintWriter err, String... args) {
    CommandLine command = new CommandLine(new Main());
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

  private static int refuse(CommandLine command, String message) {
    String line = message.strip().replaceAll("\\s*\\R\\s*", " ");
    command.getErr().println(command.getCommandSpec().qualifiedName() + ": " + line);
    return BAD_INPUT;
  }

  /** Without a command there is nothing to do. */
  @Override
  public Integer call() {
    throw new CommandLineException(
        "no command given: one of "
            + String.join(", ", spec.subcommands().keySet())
            + "; --help explains them");
  }

  /** The version that the jar's manifest carries. */
  static final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
      String version = Main.class.getPackage().getImplementationVersion();
      return new String[] {"kvcache-bench " + (version == null ? "(not from a jar)" : version)};
    }
  }
}
