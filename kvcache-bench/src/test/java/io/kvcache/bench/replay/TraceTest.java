package io.kvcache.bench.replay;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TraceTest {
  @TempDir Path folder;

  @Test
  void idsAreRenumberedInTheOrderOfTheFile() throws IOException {
    Trace trace =
        new TraceFile()
            .request(7, 9, 3, 40, -1, 9_000)
            .line("")
            .line(
                "{\"timestamp\":6.5,\"input_length\":8,\"output_length\":1,\"type\":\"chat\","
                    + "\"hash_ids\":[9223372036854775807,40]}")
            .read(folder);
    assertEquals(2, trace.size());
    assertEquals(3, trace.firstUnusedId());
    assertEquals(6.5, trace.requests().get(0).timestamp());
    assertArrayEquals(new int[] {2, 0}, trace.requests().get(0).blocks());
    assertArrayEquals(new int[] {0, 1}, trace.requests().get(1).blocks());
    assertEquals(12, trace.requests().get(1).totalTokens());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "not json | no JSON",
        "[1] | no JSON object",
        "{\"timestamp\":1,\"input_length\":4,\"output_length\":0,\"hash_ids\":[1]} x | no JSON",
        "{\"input_length\":4,\"output_length\":0,\"hash_ids\":[1]} | timestamp is missing",
        "{\"timestamp\":\"1\",\"input_length\":4,\"output_length\":0,\"hash_ids\":[1]} | timestamp",
        "{\"timestamp\":1e400,\"input_length\":4,\"output_length\":0,\"hash_ids\":[1]} | at most 9007",
        "{\"timestamp\":-1e308,\"input_length\":4,\"output_length\":0,\"hash_ids\":[1]} | at most 9007",
        "{\"timestamp\":1,\"output_length\":0,\"hash_ids\":[1]} | input_length is missing",
        "{\"timestamp\":1,\"input_length\":-4,\"output_length\":0,\"hash_ids\":[1]} | -4",
        "{\"timestamp\":1,\"input_length\":99999999,\"output_length\":0,\"hash_ids\":[]} | 99999999",
        "{\"timestamp\":1,\"input_length\":4.5,\"output_length\":0,\"hash_ids\":[1]} | 4.5",
        "{\"timestamp\":1,\"input_length\":4,\"hash_ids\":[1]} | output_length is missing",
        "{\"timestamp\":1,\"input_length\":4,\"output_length\":0} | hash_ids is missing",
        "{\"timestamp\":1,\"input_length\":8,\"output_length\":0,\"hash_ids\":[1]} | 2 whole blocks",
        "{\"timestamp\":1,\"input_length\":4,\"output_length\":0,\"hash_ids\":[null]} | hash_ids[0]",
        "{\"timestamp\":1,\"input_length\":4,\"output_length\":0,\"hash_ids\":[1e3]} | hash_ids[0]",
        "{\"timestamp\":1,\"input_length\":4,\"output_length\":0,\"hash_ids\":[1] | no JSON",
      })
  void aMalformedLineIsNamedByItsNumber(String line, String expected) {
    TraceFile file = new TraceFile().prompt(1, 2).line(line).prompt(3);
    IllegalArgumentException refused =
        assertThrows(IllegalArgumentException.class, () -> file.read(folder));
    assertTrue(refused.getMessage().contains("line 2: "), refused.getMessage());
    assertTrue(refused.getMessage().contains(expected), refused.getMessage());
  }

  @Test
  void aTraceWithoutRequestsIsRefused() {
    assertThrows(IllegalArgumentException.class, () -> new TraceFile().line(" ").read(folder));
  }
}
