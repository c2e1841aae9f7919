/**
 * The figures that texts about external KV caches publish, and ours beside them.
 *
 * <p>{@code claims.json} has a {@link io.kvcache.bench.seeds.SourceDocument} for each text: one set
 * of constants, and every {@link io.kvcache.bench.seeds.Claim} with the figure that it is about. A
 * document's rows share its constants; none has one of its own. The efficiencies of prefills are
 * fitted to the published prefills, P1 to P6, that of the H100 in bfloat16 to P3 alone. What takes
 * no time is found first, whatever its place. The result is a {@link
 * io.kvcache.bench.seeds.SeedRow} for each claim:
 *
 * <ul>
 *   <li>{@code simulated}: the document's scenario of {@link io.kvcache.bench.sim}, its variants
 *       with and without the filesystem, and costs of the throughput that comes out;
 *   <li>{@code modelled}: prefill from {@link io.kvcache.bench.model}, costs from {@link
 *       io.kvcache.bench.tco}, retrieval as bytes over bandwidth;
 *   <li>{@code measured}: restores of {@link io.kvcache.bench.ttft}, if a directory is given. Their
 *       residual prefill is modelled, and the row says so.
 * </ul>
 *
 * <p>The ratio is ours over theirs; a setting of theirs has none. A simulated row that is further
 * than a quarter from its claim names a constant that nobody published and the value with which,
 * changed alone, the row would be what is claimed. {@link io.kvcache.bench.seeds.Bisection} finds
 * it, one more run with the printed value confirms it, and nothing uses it. That says what would
 * do, not what is wrong: several constants may each be enough.
 */
package io.kvcache.bench.seeds;
