package io.kvcache.bench.replay;

import io.kvcache.StoreOutcome;
import java.util.Map;

/** What a trace is replayed through. For one thread, unless an implementation says otherwise. */
public interface ReplayTarget extends AutoCloseable {
  /**
   * What one request met.
   *
   * @param hitBlocks leading input blocks that were there, in whatever tier
   * @param dramHitBlocks those of them that were in memory
   * @param filesWritten images written
   * @param bytesVerified bytes compared with what they must be
   * @param bytesWrong bytes of those that differed
   */
  record Served(
      int hitBlocks, int dramHitBlocks, int filesWritten, long bytesVerified, long bytesWrong) {}

  /** Looks a request up, then offers its blocks. */
  Served serve(RequestPath path);

  /** Blocks evicted from memory so far. */
  long evictions();

  /**
   * Images that could not be written so far, by reason: none unless the directory is in trouble.
   */
  default Map<StoreOutcome, Integer> notWritten() {
    return Map.of();
  }

  @Override
  void close();
}
