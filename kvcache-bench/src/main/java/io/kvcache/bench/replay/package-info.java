/**
 * Replays request traces through the classes that serve requests, block by block.
 *
 * <p>Requests come in the order of their timestamps. A request's path is the first {@code
 * floor(input_length / block tokens)} of its ids; a block is its id and all ids before it. Hits are
 * the leading blocks that are there when the request arrives. Then the missing blocks are offered
 * from the front, none of the request's own blocks is evicted for them, and the whole path counts
 * as used, its front as the newest.
 *
 * <p>There are two targets. {@link io.kvcache.bench.replay.PolicyTarget} is memory, and files
 * behind it if asked for, without bytes: it decides as serving tiers do and moves nothing. {@link
 * io.kvcache.bench.replay.CacheTarget} is a whole cache over a directory: each prompt becomes token
 * ids, and every byte that comes back is compared. Both find the same blocks in memory.
 */
package io.kvcache.bench.replay;
