package io.kvcache.bench.replay;

/**
 * What a replay measured, over the requests of the measured range.
 *
 * @param requests how many there were
 * @param promptTokens tokens of their prompts
 * @param hitTokens tokens of the leading blocks that were there, in whatever tier
 * @param hitRatio {@code hitTokens / promptTokens}
 * @param dramHitRatio the same for blocks that were in memory
 * @param savedFlopsRatio share of the prefill's operations that hits made unnecessary
 * @param evictions blocks evicted from memory
 * @param fileWrites blocks written to files, those written again after they were evicted included
 * @param bytesVerified bytes that were restored and compared
 * @param bytesWrong bytes of those that differed
 */
public record ReplayResult(
    long requests,
    long promptTokens,
    long hitTokens,
    double hitRatio,
    double dramHitRatio,
    double savedFlopsRatio,
    long evictions,
    long fileWrites,
    long bytesVerified,
    long bytesWrong) {}
