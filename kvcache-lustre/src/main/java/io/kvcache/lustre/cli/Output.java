package io.kvcache.lustre.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.PrintWriter;
import java.util.function.Consumer;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * Where a command's result goes; mixed into every command that has one.
 *
 * <pre>{@code
 * @Mixin private Output output;
 * ...
 * output.print(result, text -> text.printf("%d tokens%n", result.tokens()));
 * }</pre>
 */
public final class Output {
  private static final JsonMapper JSON =
      JsonMapper.builder().propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE).build();

  @Option(names = "--json", description = "Print one JSON object on stdout.")
  private boolean json;

  @Spec(Spec.Target.MIXEE)
  private CommandSpec command;

  /**
   * Prints the result once, on stdout.
   *
   * @param result a record whose component {@code coldTtftMs} becomes the JSON field {@code
   *     cold_ttft_ms}, or a map of fields
   * @param text writes the same for people
   */
  public void print(Object result, Consumer<PrintWriter> text) {
    PrintWriter out = command.commandLine().getOut();
    if (json) {
      out.println(json(result));
    } else {
      text.accept(out);
    }
    out.flush();
  }

  /** Whether the result is for a program. */
  public boolean isJson() {
    return json;
  }

  /** The JSON object that {@code --json} prints of a result, on one line. */
  public static String json(Object result) {
    try {
      return JSON.writeValueAsString(result);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("result without a JSON form: " + result, e);
    }
  }
}
