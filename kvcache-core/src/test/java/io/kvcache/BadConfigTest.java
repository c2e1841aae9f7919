package io.kvcache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.util.internal.PlatformDependent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

/** Whatever is wrong with a file is said with the field's path, the value and the remedy. */
class BadConfigTest {
  private static final String SHAPE =
      "'attention': {'layers': 2, 'kv_heads': 2, 'head_dim': 8}, 'element_type': 'BF16'";
  private static final String MODEL =
      "'model': {'name': 'm', 'weights_sha256': '%s', 'tokenizer_sha256': '%<s'}"
          .formatted("ab".repeat(32));

  @TempDir Path directory;

  private static void refused(Executable call, String... says) {
    String message = assertThrows(IllegalArgumentException.class, call).getMessage();
    for (String part : says) {
      String wanted = part.replace('\'', '"');
      assertTrue(message.contains(wanted), "\"" + message + "\" does not say " + wanted);
    }
  }

  private static void refused(String json, String... says) {
    refused(() -> KvCacheConfig.parse(json.replace('\'', '"')), says);
  }

  private static void refusedLayout(String fields, String... says) {
    refused("{'layout': {" + fields + "}}", says);
  }

  private static void refusedStore(String fields, String... says) {
    refused("{'store': {'directory': '/kv', " + fields + "}}", says);
  }

  private static void refusedGroup(String fields, String... says) {
    refusedLayout("'element_type': 'BF16', 'groups': [{" + fields + "}]", says);
  }

  @Test
  void unknownFieldsAreNamedWithTheNearestKnownOne() {
    refused("{'dram': 5}", "$.dram is no setting", "did you mean 'dram_bytes'?");
    refused("{'lookupTimeoutMs': 5}", "$.lookupTimeoutMs", "did you mean 'lookup_timeout_ms'?");
    refused("{'stroe': {}}", "$.stroe", "did you mean 'store'?");
    refused("{'color': 5}", "$.color", "there are [", "dram_bytes", "store");
    refused("{'': 5}", "$. is no setting", "there are [");
    refusedStore("'worker': 5", "$.store.worker is", "did you mean 'workers'?");
    refusedLayout(SHAPE + ", 'chunk_token': 5", "$.layout.chunk_token", "'chunk_tokens'");
    refused("{'shard': {'rank': 0, 'wrld': 1}}", "$.shard.wrld", "'world'");
    refusedGroup("'kind': 'full', 'part': []", "$.layout.groups[0].part is", "'parts'");
  }

  @Test
  void missingFieldsAreNamed() {
    refused("{'model': {}}", "$.model.name is missing: add it");
    refused("{'shard': {'rank': 0}}", "$.shard.world is missing");
    refused("{'store': {'workers': 5}}", "$.store.directory is missing");
    refusedStore("'watermarks': {'high': 0.9}", "$.store.watermarks.low is missing");
    refusedLayout("'block_tokens': 4", "$.layout.element_type is missing");
    refusedLayout("'element_type': 'BF16'", "$.layout has none of [attention, mla, groups]");
    refusedGroup("'layers': [0]", "$.layout.groups[0].kind is missing");
    refusedGroup(
        "'kind': 'window', 'layers': [0], 'parts': []", "$.layout.groups[0].window is missing");
    refusedLayout(
        "'attention': {'layers': 2, 'head_dim': 8}, 'element_type': 'BF16'",
        "$.layout.attention.kv_heads is missing");
  }

  @Test
  void wrongTypesAreNamedWithTheExpectedOne() {
    refused("{'dram_bytes': 1.5}", "$.dram_bytes = 1.5", "a whole number of bytes", "expected");
    refused("{'dram_bytes': '64GB'}", "$.dram_bytes = '64GB'", "KiB, MiB, GiB, TiB");
    refused("{'dram_bytes': '9999999TiB'}", "'9999999TiB'", Long.MAX_VALUE + " bytes");
    refused("{'dram_bytes': 9223372036854775808}", "$.dram_bytes = 9223372036854775808");
    refused("{'dram_bytes': true}", "$.dram_bytes = true");
    refused("{'lookup_timeout_ms': '2s'}", "$.lookup_timeout_ms = '2s'", "milliseconds");
    refused("{'state_every': 3000000000}", "$.state_every = 3000000000", "2147483647");
    refused("{'state_every': [1]}", "$.state_every = [1]", "a whole number");
    refused("{'store': '/kv'}", "$.store = '/kv'", "an object with fields of [directory");
    refused("{'layout': []}", "$.layout = []", "an object");
    refused("[]", "$ = []", "an object");
    refused("5", "$ = 5", "an object");
    refused("{'model': {'name': 5}}", "$.model.name = 5", "a string");
    refused("{'report_leaks': 'yes'}", "$.report_leaks = 'yes'", "true or false is expected");
    refused("{'report_leaks': 1}", "$.report_leaks = 1", "true or false");
    refusedStore("'scan_rate': 0.5", "$.store.scan_rate = 0.5", "a whole number");
    refusedStore("'unlink_rate': '5k'", "$.store.unlink_rate = '5k'", "a whole number");
    refusedStore("'read_share': '25%'", "$.store.read_share = '25%'", "a number");
    refusedStore("'watermarks': [0.9, 0.8]", "$.store.watermarks = [", "fields of [high, low]");
    refusedStore(
        "'watermarks': {'high': '90%', 'low': 0.8}",
        "$.store.watermarks.high = '90%'", "a number is expected");
    refusedLayout("'element_type': 'bf16'", "$.layout.element_type = 'bf16'", "[BF16, F16");
    refusedLayout("'element_type': 'BF16', 'groups': {}", "$.layout.groups = {}", "an array");
    refusedGroup("'kind': 'linear'", "groups[0].kind = 'linear'", "[full, window, state]");
    refusedGroup(
        "'kind': 'full', 'layers': [0, 'x']", "$.layout.groups[0].layers[1] = 'x'", "a whole");
  }

  @Test
  void nullIsNoValue() {
    refused("null", "$ = null", "an object");
    for (String field : KvCacheConfig.CACHE.fields()) {
      refused("{'" + field + "': null}", "$." + field + " = null", "leave the field out");
    }
    for (String field : KvCacheConfig.STORE.fields()) {
      String other = field.equals("directory") ? "" : "'directory': '/kv', ";
      refused("{'store': {" + other + "'" + field + "': null}}", "$.store." + field + " = null");
    }
  }

  @Test
  void whatABuilderRefusesIsSaidWithThePath() {
    refused("{'dram_bytes': 0}", "$.dram_bytes = 0", "at least");
    refused("{'state_every': 0}", "$.state_every = 0", "at least");
    refused("{'lookup_timeout_ms': 0}", "$.lookup_timeout_ms = 0", "more than zero");
    refused("{'restore_timeout_ms': -1}", "$.restore_timeout_ms = -1", "more than zero");
    refused("{'close_timeout_ms': 86400001}", "$.close_timeout_ms = 86400001", "at most a day");
    refused("{'lookup_timeout_ms': " + Long.MAX_VALUE + "}", "$.lookup_timeout_ms", "a day");
    refused("{'shard': {'rank': 2, 'world': 2}}", "$.shard = ", "0 to world - 1");
    refusedStore("'workers': 0", "$.store.workers = 0", "from 1 to 1024");
    refusedStore("'free_space_floor_bytes': -1", "$.store.free_space_floor_bytes = -1", "0 or");
    refusedStore("'presence_ttl_ms': 0", "$.store.presence_ttl_ms = 0", "presenceTtl = PT0S");
    refusedStore("'stamp_interval_ms': 0", "$.store.stamp_interval_ms = 0", "stampInterval = ");
    refusedStore("'close_timeout_ms': 0", "$.store.close_timeout_ms = 0", "closeTimeout = ");
    refusedStore("'max_queued_bytes': 0", "$.store.max_queued_bytes = 0", "maxQueuedBytes = ");
    refusedStore("'max_queued_time_ms': 0", "$.store.max_queued_time_ms = 0", "maxQueuedTime = ");
    refusedStore("'max_read_bytes_in_flight': 0", "$.store.max_read_bytes_in_flight = 0", "1 or");
    refusedStore("'io_timeout_ms': -1", "$.store.io_timeout_ms = -1", "ioTimeout = ");
    refusedStore("'breaker_window_ms': 0", "$.store.breaker_window_ms = 0", "breakerWindow = ");
    refusedStore("'budget_bytes': 0", "$.store.budget_bytes = 0", "at least one image");
    refusedStore("'scan_rate': 0", "$.store.scan_rate = 0", "1 or more");
    refusedStore("'unlink_rate': 0", "$.store.unlink_rate = 0", "1 or more");
    for (String share : new String[] {"0", "1", "-0.5", "1e999"}) {
      refusedStore("'read_share': " + share, "$.store.read_share = ", "above 0 and below 1");
    }
    for (String pair :
        new String[] {
          "'high': 0.7, 'low': 0.8",
          "'high': 1.1, 'low': 0.8",
          "'high': 0.7, 'low': 0",
          "'high': 1e999, 'low': 0.5"
        }) {
      refusedStore(
          "'budget_bytes': '1GiB', 'watermarks': {" + pair + "}",
          "$.store.watermarks = {",
          "0 < low < high <= 1");
    }
    refused("{'store': {'directory': 'kv'}}", "$.store.directory = 'kv'", "an absolute path");
    refused("{'store': {'directory': ''}}", "$.store.directory = ''", "an absolute path");
    refused("{'store': {'directory': '/a\\u0000'}}", "$.store.directory = ");
    refused("{'model': {'name': ' ', 'weights_sha256': 'x'}}", "$.model.weights_sha256 = 'x'");
    refused(("{" + MODEL + "}").replace("'m'", "' '"), "$.model.name = ' '", "1 to 128 characters");
    refusedLayout(SHAPE + ", 'chunk_tokens': 5", "$.layout = {", "no multiple of blockTokens");
    refusedLayout(SHAPE + ", 'alignment': 5", "$.layout.alignment = 5", "a power of two");
    refusedLayout(
        "'mla': {'layers': 1, 'latent_dim': 2147483647, 'rope_dim': 2147483647},"
            + " 'element_type': 'I8'",
        "$.layout.mla = {");
    refusedLayout(
        SHAPE.replace("'layers': 2", "'layers': 0"), "$.layout.attention = {", "layers = 0");
    refusedLayout("'element_type': 'BF16', 'groups': []", "$.layout = {", "no groups");
    refusedGroup(
        "'kind': 'full', 'layers': [0], 'parts': [{'name': 'k', 'bytes': 0}]",
        "$.layout.groups[0].parts[0] = {",
        "at least 1");
    refusedGroup("'kind': 'full', 'layers': [], 'parts': []", "$.layout.groups[0] = {", "without");
  }

  @Test
  void contradictionsAreRefused() {
    refusedLayout(SHAPE + ", 'groups': []", "$.layout has [attention, groups]", "exactly one");
    refused(
        "{'staging_bytes': '1MiB'}", "$.staging_bytes = '1MiB'", "add $.store, or leave it out");
    refused(
        "{'layout': {" + SHAPE + "}, 'state_every': 4}", "$.state_every = 4", "no state", "leave");
    refusedStore(
        "'watermarks': {'high': 0.9, 'low': 0.8}",
        "$.store.watermarks = {",
        "add $.store.budget_bytes, or leave it out");
    refusedGroup(
        "'kind': 'state', 'layers': [0], 'window': 5, 'parts': []",
        "$.layout.groups[0].window = 5",
        "only a group of kind 'window'");
  }

  @Test
  void duplicatesAreRefusedWithTheirPlace() {
    refused("{'dram_bytes': 1,\n 'dram_bytes': 2}", "$.dram_bytes, line 2, column", "Duplicate");
    refusedStore("'workers': 1, 'workers': 1", "$.store.workers, line 1", "Duplicate");
    refusedLayout(
        "'groups': [{}, {'kind': 'full', 'kind': 'full'}]", "$.layout.groups[1].kind, line");
  }

  @Test
  void malformedJsonIsRefusedWithItsPlace() {
    refused("", "$ is empty");
    refused(" \n ", "$ is empty");
    refused("{'dram_bytes': 1,\n  'shard': {'rank': x", "$.shard.rank, line 2, column", "no valid");
    refused("{'dram_bytes': 1", "line 1", "no valid JSON");
    refused("{'dram_bytes': 1} {}", "$, line 1, column 19", "more after its end");
    refused("{} x", "$, line 1", "no valid JSON");
    refused("{'dram_bytes': 1,}", "line 1");
    refused("{} // no comments", "$, line 1");
    refused("[".repeat(100_000), "no valid JSON");
  }

  @Test
  void whatIsFoundWhenBuildingNamesTheFieldToo() {
    String start = "{" + MODEL + ", 'layout': {" + SHAPE + "}, ";
    refused(() -> build(start + "'dram_bytes': 5}"), "$.dram_bytes = 5 is below one chunk");
    refused(
        () -> build(start + "'dram_bytes': '1024TiB'}"),
        "$.dram_bytes = 1125899906842624 is above",
        "limit of " + PlatformDependent.maxDirectMemory());
    refused(
        () -> build(start + "'dram_bytes': '16MiB', 'store': {'directory': '/kv'}}"),
        "$.store is not used: open it, and give it to store(...)");
    refused(
        () -> parse("{'dram_bytes': 5}").builder().dram(6),
        "dram(...) is set twice, by $.dram_bytes too: set it once");
    refused(() -> parse("{" + MODEL + "}").builder().build(), "no layout: call", "or add $.layout");
  }

  private static KvCacheConfig parse(String json) {
    return KvCacheConfig.parse(json.replace('\'', '"'));
  }

  private static void build(String json) {
    parse(json).builder().build().close();
  }

  @Test
  void eachFieldMakesTheSettingThatItIsNamedFor() {
    KvCacheBuilder builder =
        parse(
                "{'lookup_timeout_ms': 1, 'restore_timeout_ms': 1, 'close_timeout_ms': 1,"
                    + " 'staging_bytes': 1, 'state_every': 1, 'report_leaks': true,"
                    + " 'shard': {'rank': 0, 'world': 1},"
                    + " 'store': {'directory': '/kv'}}")
            .builder();
    Duration second = Duration.ofSeconds(1);
    refused(() -> builder.lookupTimeout(second), "lookupTimeout(...)", "$.lookup_timeout_ms too");
    refused(() -> builder.restoreTimeout(second), "restoreTimeout", "$.restore_timeout_ms too");
    refused(() -> builder.closeTimeout(second), "closeTimeout(...)", "$.close_timeout_ms too");
    refused(() -> builder.staging(1), "staging(...)", "$.staging_bytes too");
    refused(() -> builder.stateEvery(1), "stateEvery(...)", "$.state_every too");
    refused(() -> builder.shard(0, 1), "shard(...)", "$.shard too");
    refused(builder::reportLeaks, "reportLeaks(...)", "$.report_leaks too");
    KvCacheBuilder silent = parse("{'report_leaks': false}").builder();
    refused(silent::reportLeaks, "reportLeaks(...)", "$.report_leaks too");
  }

  @Test
  void theFileIsNamed() throws Exception {
    Path file = directory.resolve("kvcache.json");
    refused(() -> KvCacheConfig.read(file), file + " cannot be read", "name a readable file");
    refused(() -> KvCacheConfig.read(directory), directory + " cannot be read");
    Files.writeString(file, "{\"dram\": 1}");
    refused(() -> KvCacheConfig.read(file), file + ": $.dram is no setting");
    Files.write(file, new byte[] {'{', (byte) 0xff, '}'});
    refused(() -> KvCacheConfig.read(file), file + " cannot be read", "UTF-8");
    assertThrows(NullPointerException.class, () -> KvCacheConfig.read(null));
    assertThrows(NullPointerException.class, () -> KvCacheConfig.parse(null));
  }

  @Test
  void longValuesAreCut() {
    String message =
        assertThrows(
                IllegalArgumentException.class,
                () -> parse("{'dram_bytes': '" + "9".repeat(10_000) + "'}"))
            .getMessage();
    assertTrue(message.length() < 500, message);
    assertEquals("$.dram_bytes = \"999", message.substring(0, 19));
  }
}
