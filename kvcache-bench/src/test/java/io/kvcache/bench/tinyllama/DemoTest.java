package io.kvcache.bench.tinyllama;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DemoTest {
  @TempDir Path root;

  @ParameterizedTest
  @ValueSource(strings = {"plain", "hybrid"})
  void shouldRestoreInANewProcessAndThenInTheNextRun(String model) throws IOException {
    Demo demo = new Demo(model, 300, root, step -> {});
    Demo.Result first = demo.run();
    assertEquals(0, first.foundTokens());
    assertEquals(256, first.restartTokens(), "restored by the new process");
    assertTrue(first.logitsEqual());

    Demo.Result second = demo.run();
    assertEquals(256, second.foundTokens());
    assertEquals(256, second.restartTokens());
    assertTrue(second.logitsEqual());
  }
}
