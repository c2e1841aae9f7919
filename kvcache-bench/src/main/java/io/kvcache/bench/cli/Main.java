package io.kvcache.bench.cli;

import io.kvcache.lustre.cli.CommandRunner;
import io.kvcache.lustre.cli.JarVersion;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/** The command line of the benchmarks; {@link CommandRunner} says how it behaves. */
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
      PrefillCommand.class,
      ReplayCommand.class,
      ReportCommand.class,
      SeedsCommand.class,
      SimulateCommand.class,
      TtftCommand.class,
    })
public final class Main implements Callable<Integer> {
  @Spec private CommandSpec spec;

  private Main() {}

  /** Runs a command and ends the JVM with its exit code. */
  public static void main(String[] args) {
    System.exit(run(new PrintWriter(System.out, true), new PrintWriter(System.err, true), args));
  }

  /** Runs a command in this JVM; its exit code. */
  static int run(PrintWriter out, PrintWriter err, String... args) {
    return CommandRunner.run(new Main(), out, err, args);
  }

  /** Without a command there is nothing to do. */
  @Override
  public Integer call() {
    throw CommandRunner.noCommand(spec);
  }

  /** The version that the jar's manifest carries. */
  static final class Version extends JarVersion {
    Version() {
      super("kvcache-bench", Main.class);
    }
  }
}
