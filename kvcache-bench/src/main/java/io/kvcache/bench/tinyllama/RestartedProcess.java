package io.kvcache.bench.tinyllama;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.kvcache.KvCache;
import io.kvcache.bench.tinyllama.DemoEngine.Measured;
import io.kvcache.store.DirectoryStore;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * The demo's server after a restart: a new JVM that knows nothing but the directory. It warms up
 * its engine on another prompt, restores and computes, and says what came of it in one line of
 * JSON.
 */
public final class RestartedProcess {
  private static final long TIMEOUT_MINUTES = 10;
  private static final ObjectMapper JSON = new ObjectMapper();

  private RestartedProcess() {}

  /** Starts the JVM of this process once more and waits for its answer. */
  static Measured run(String model, int tokens, Path directory) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    // Memory settings, among them the limit of direct memory, but no debugger's port.
    ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .filter(argument -> argument.startsWith("-X"))
        .forEach(command::add);
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.add(RestartedProcess.class.getName());
    command.addAll(List.of(model, Integer.toString(tokens), directory.toString()));
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    try {
      // The answer is a few KB and fits in the pipe, so waiting before reading blocks nobody.
      if (!process.waitFor(TIMEOUT_MINUTES, TimeUnit.MINUTES)) {
        throw new IOException("no answer from the new process in " + TIMEOUT_MINUTES + " minutes");
      }
      if (process.exitValue() != 0) {
        throw new IOException("the new process ended with status " + process.exitValue());
      }
      return answer(new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while waiting for the new process", e);
    } finally {
      process.destroyForcibly();
    }
  }

  private static Measured answer(String output) throws IOException {
    // A JVM may print warnings of its own first.
    JsonNode json = JSON.readTree(output.strip().lines().reduce("", (first, second) -> second));
    ByteBuffer bits = ByteBuffer.wrap(Base64.getDecoder().decode(json.get("logits").asText()));
    float[] logits = new float[bits.remaining() / Float.BYTES];
    bits.asFloatBuffer().get(logits);
    return new Measured(json.get("restored").asInt(), json.get("ttft_ms").asDouble(), logits);
  }

  /** Arguments: model, tokens, directory. */
  public static void main(String[] args) throws IOException {
    DemoEngine engine = new DemoEngine(ModelShape.named(args[0]), Integer.parseInt(args[1]));
    engine.warmUp();
    try (DirectoryStore store = DirectoryStore.open(Path.of(args[2]));
        KvCache cache = engine.cache(Optional.of(store))) {
      Measured measured = engine.cached(cache);
      ByteBuffer bits = ByteBuffer.allocate(measured.logits().length * Float.BYTES);
      bits.asFloatBuffer().put(measured.logits());
      System.out.println(
          JSON.createObjectNode()
              .put("restored", measured.restored())
              .put("ttft_ms", measured.ttftMs())
              .put("logits", Base64.getEncoder().encodeToString(bits.array())));
    }
  }
}
