package io.kvcache.bench.replay;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.kvcache.bench.json.JsonFault;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A trace of requests: one JSON object per line with {@code timestamp}, {@code input_length},
 * {@code output_length} (tokens) and {@code hash_ids} (one whole number per block; a last, partial
 * block may have one). Other fields are passed over.
 */
public final class Trace {
  /** Longest prompt with its output: beyond it a line is taken for damaged. */
  public static final int MAX_TOKENS = 1 << 24;

  /** Beyond it a floating-point number does not tell one millisecond from the next. */
  private static final long MAX_MILLIS = 1L << 53;

  private static final JsonMapper JSON =
      JsonMapper.builder().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS).build();

  private final int blockTokens;
  private final List<TraceRequest> requests;
  private final int distinctIds;

  private Trace(int blockTokens, List<TraceRequest> requests, int distinctIds) {
    this.blockTokens = blockTokens;
    this.requests = requests;
    this.distinctIds = distinctIds;
  }

  /**
   * Reads a trace and puts it in order.
   *
   * @param blockTokens tokens of a block, at least 1
   * @throws IllegalArgumentException naming the line that is no request, or if there is none
   * @throws IOException if the file cannot be read
   */
  public static Trace read(Path file, int blockTokens) throws IOException {
    List<TraceRequest> requests = new ArrayList<>();
    Map<Long, Integer> numbers = new HashMap<>();
    // As bytes, so that one that is no UTF-8 is found where it is.
    try (BufferedReader reader = Files.newBufferedReader(file, StandardCharsets.ISO_8859_1)) {
      int line = 0;
      for (String text = reader.readLine(); text != null; text = reader.readLine()) {
        line++;
        if (text.isBlank()) {
          continue;
        }
        try {
          byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
          requests.add(parse(bytes, blockTokens, numbers));
        } catch (IllegalArgumentException e) {
          throw new IllegalArgumentException(file + ", line " + line + ": " + e.getMessage(), e);
        }
      }
    } catch (FileSystemException e) {
      throw e;
    } catch (IOException e) {
      throw new FileSystemException(file.toString(), null, e.getMessage());
    }
    if (requests.isEmpty()) {
      throw new IllegalArgumentException(file + " holds no request: one JSON object per line");
    }
    requests.sort(Comparator.comparingDouble(TraceRequest::timestamp));
    return new Trace(blockTokens, List.copyOf(requests), numbers.size());
  }

  private static TraceRequest parse(byte[] text, int blockTokens, Map<Long, Integer> numbers) {
    JsonNode line;
    try {
      line = JSON.readTree(text);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(JsonFault.of(e), e);
    } catch (IOException e) {
      throw new IllegalStateException("reading an array in memory failed", e);
    }
    if (!line.isObject()) {
      throw new IllegalArgumentException("no JSON object");
    }
    JsonNode timestamp = line.path("timestamp");
    if (!timestamp.isNumber()) {
      throw new IllegalArgumentException("timestamp is " + shown(timestamp) + ": milliseconds");
    }
    if (!(Math.abs(timestamp.doubleValue()) <= MAX_MILLIS)) {
      throw new IllegalArgumentException(
          "timestamp is " + timestamp + ": milliseconds, at most " + MAX_MILLIS);
    }
    int input = tokens(line, "input_length");
    int output = tokens(line, "output_length");
    JsonNode ids = line.path("hash_ids");
    int[] blocks = new int[input / blockTokens];
    if (!ids.isArray() || ids.size() < blocks.length) {
      throw new IllegalArgumentException(
          "hash_ids is "
              + (ids.isArray() ? "an array of " + ids.size() : shown(ids))
              + ": "
              + input
              + " tokens have "
              + blocks.length
              + " whole blocks of "
              + blockTokens
              + ", one id for each");
    }
    for (int i = 0; i < blocks.length; i++) {
      if (!ids.get(i).isIntegralNumber() || !ids.get(i).canConvertToLong()) {
        throw new IllegalArgumentException(
            "hash_ids[" + i + "] is " + ids.get(i) + ": a whole number of 64 bits");
      }
      blocks[i] = number(numbers, ids.get(i).longValue());
    }
    return new TraceRequest(timestamp.doubleValue(), input, output, blocks);
  }

  private static int number(Map<Long, Integer> numbers, long id) {
    Integer next = numbers.size();
    Integer known = numbers.putIfAbsent(id, next);
    return known == null ? next : known;
  }

  private static int tokens(JsonNode line, String name) {
    JsonNode value = line.path(name);
    if (!value.isIntegralNumber()
        || !value.canConvertToInt()
        || value.intValue() < 0
        || value.intValue() > MAX_TOKENS) {
      throw new IllegalArgumentException(
          name + " is " + shown(value) + ": a whole number from 0 to " + MAX_TOKENS);
    }
    return value.intValue();
  }

  private static String shown(JsonNode value) {
    return value.isMissingNode() ? "missing" : value.toString();
  }

  /** Tokens of a block. */
  public int blockTokens() {
    return blockTokens;
  }

  /** How many requests there are. */
  public int size() {
    return requests.size();
  }

  /** The requests in the order of their timestamps; equal ones in the order of the file. */
  public List<TraceRequest> requests() {
    return requests;
  }

  /** The smallest number that is no block's id. */
  int firstUnusedId() {
    return distinctIds;
  }
}
