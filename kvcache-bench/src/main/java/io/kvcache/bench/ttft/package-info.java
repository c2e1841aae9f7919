/**
 * Time to first token of a scenario, measured in a directory here. A scenario is a model on
 * accelerators beside a filesystem of some bandwidth ({@link io.kvcache.bench.ttft.TtftScenario});
 * none of that has to exist.
 *
 * <p><b>What is measured.</b> The library as it is: keys, lookup, files read with O_DIRECT and
 * verified, slots, restores, copies of every row. <b>What is modelled.</b> The prefill of the
 * tokens that are not reused ({@link io.kvcache.bench.model.PrefillTime}), in the scenario's own
 * seconds, added and not waited for; and the link to the accelerators, which is busy for as long as
 * the scenario's would be and is waited for. A time to first token is the sum, and its kind is
 * {@code measured+modelled}; without a cache it is {@code modelled}.
 *
 * <p><b>The one number.</b> k is the scenario's bandwidth over what this directory reads ({@link
 * io.kvcache.bench.ttft.BandwidthScale}). fio, or without it the store, measures the latter before
 * the run: with as many threads, in files as many and as large as the prompt's, which are written
 * once and read again and again, as the prompt's are, into memory in pages of the same size as the
 * slots': in huge ones a disk may give three times as much. Bytes per token, and so the link's
 * bandwidth, are divided by k: tokens, chunks, hashes, lookups and files are as many as the
 * scenario's. Only where pages are too coarse for a model's layers there are fewer of them, and so
 * fewer calls of the engine's sink; the result says how many. So reading takes as long as there,
 * and what the library costs beside it is not made smaller. {@link
 * io.kvcache.bench.ttft.ScaledLayout} says what rounding costs: rows are whole bytes and segments
 * whole pages.
 *
 * <p><b>The disk's moods.</b> A virtual disk may read at half or double its rate a moment later. So
 * fio reads its files once more right before each request that reads files, and each request is
 * also compared with the formula of its own moment.
 *
 * <p><b>Tiers.</b> Each measurement has a new cache, which is first brought to hold what it is to
 * hold: {@code file} nothing; {@code dram} all reused chunks; {@code hbm} the same and a copy on a
 * simulated device, which the engine uses in place; mixtures the leading ones in the faster tier.
 * Its memory was used by the one before, as in a server that has run for a while.
 *
 * <p><b>The formula.</b> Fixed overhead, prefill of the rest, and the bytes that are retrieved over
 * the bandwidth of the storage: a lower bound of what files can give. The report shows how far a
 * time to first token is from it, and how far what was measured is from the last term alone. The
 * second is the harder test, since the prefill is in both sides of the first.
 *
 * <p>{@link io.kvcache.bench.ttft.TtftTrial} is the {@code ttft} command's run; {@link
 * io.kvcache.bench.ttft.ScaledRun} is what it shares with the JMH benchmarks.
 */
package io.kvcache.bench.ttft;
