package io.kvcache.bench.jmh;

import io.kvcache.ElementType;
import io.kvcache.KvLayout;
import io.kvcache.KvScope;
import io.kvcache.PromptKeys;
import io.kvcache.prefix.CborWriter;
import io.kvcache.prefix.HashChain;
import io.kvcache.prefix.HashedPrompt;
import io.kvcache.prefix.Sha256;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.infra.Blackhole;

/**
 * What the keys of a prompt cost: 50,000 tokens in 16-token blocks, ids uniform below 128,000, so
 * that both long encodings come at random. The yardstick is the digest alone, over the same 3,125
 * messages prepared beforehand: what the chain takes beyond it is encoding and keeping of keys.
 * {@code append256} is a conversation that goes on; the longer keys share storage.
 *
 * <pre>{@code
 * java -cp kvcache-bench/target/kvcache-bench.jar org.openjdk.jmh.Main HashChainBenchmark \
 *     -rf json -rff hash-chain.json
 * }</pre>
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@State(Scope.Benchmark)
@Fork(3)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
public class HashChainBenchmark {
  private static final int TOKENS = 50_000;
  private static final int BLOCK = KvLayout.DEFAULT_BLOCK_TOKENS;

  private final KvLayout layout = KvLayout.attention(80, 8, 128, ElementType.BF16);
  private final MessageDigest sha256 = Sha256.create();
  private int[] tokens;
  private int[] more;
  private byte[][] messages;
  private PromptKeys keys;

  /** Draws the ids and prepares the messages that the chain will digest. */
  @Setup
  public void prepare() {
    Random random = new Random(17);
    tokens = random.ints(TOKENS, 0, 128_000).toArray();
    more = random.ints(256, 0, 128_000).toArray();
    keys = HashedPrompt.of(layout, HashChain.DEFAULT_SEED, tokens, KvScope.NONE);
    messages = new byte[TOKENS / BLOCK][];
    byte[] parent = HashChain.NONE_HASH.toBytes();
    for (int b = 0; b < messages.length; b++) {
      List<Integer> ids = new ArrayList<>();
      Arrays.stream(tokens, b * BLOCK, (b + 1) * BLOCK).forEach(ids::add);
      messages[b] = new CborWriter(128).array(3).value(parent).value(ids).nul().toBytes();
      parent = sha256.digest(messages[b]);
    }
  }

  /** The yardstick: each prepared message digested by itself. */
  @Benchmark
  public void digestOnly(Blackhole hole) {
    for (byte[] message : messages) {
      hole.consume(sha256.digest(message));
    }
  }

  /** The keys of the prompt, from its ids. */
  @Benchmark
  public PromptKeys chain() {
    return HashedPrompt.of(layout, HashChain.DEFAULT_SEED, tokens, KvScope.NONE);
  }

  /** 256 tokens more behind the 50,000. */
  @Benchmark
  public PromptKeys append256() {
    return keys.append(more);
  }
}
