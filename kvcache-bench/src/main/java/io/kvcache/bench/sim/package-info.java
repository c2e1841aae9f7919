/**
 * Simulates clusters that serve requests, in virtual time. Nothing here is measured: what a cluster
 * keeps is decided by the library's own tiers and policy, without bytes; seconds of computing come
 * from the cost model, seconds of moving from bandwidths that requests share.
 *
 * <h2>A request's way</h2>
 *
 * <p>It arrives and is given to a node. After the look-up it holds the longest prefix that the
 * node's memory has, and what the filesystem has beyond that is read into host memory while the
 * request waits; requests of one node that miss the same chunks share one read. What finds no room
 * in host memory, or has none, waits in staging memory that is not counted. When its turn comes and
 * the accelerators' memory has room for its prompt and its whole output, it looks once more, for
 * what others stored meanwhile; then the prefix is copied from host memory, the rest is computed,
 * and it joins the batch until its last token. Prompts are stored when they are computed, outputs
 * at the end: in host memory at once, in the filesystem when the write is through. A request that
 * fits no accelerator memory even alone is refused and counted.
 *
 * <p>A step computes up to {@code step_tokens} of the waiting prompts and one token of every
 * running sequence; its time is the sum of both, which is a little more than an engine takes that
 * overlaps them. A piece of a prompt costs what it would as a prompt behind all before it, but the
 * overhead: expanded latents are not kept from one piece to the next. Without waiting prompts there
 * are decode steps alone, many in one event. The reads under way share the filesystem's bandwidth
 * evenly, each node limited to its own; so do the writes, which have a bandwidth of their own.
 *
 * <h2>Scenarios</h2>
 *
 * <p>A scenario is a JSON object; bytes and seconds are plain numbers. Fields with their defaults:
 *
 * <ul>
 *   <li>{@code description}, {@code assumptions} (an array): printed with the result.
 *   <li>{@code nodes}, {@code accelerators_per_node}: required. A node is one instance of the
 *       model.
 *   <li>{@code model}, {@code accelerator}: names of the catalogues, models with window or state
 *       layers excepted; {@code precision}: bf16 or fp8, default bf16. Or {@code cost}:
 *       coefficients of {@link io.kvcache.bench.sim.LinearCost}.
 *   <li>{@code overhead_seconds}: of every prefill, default 0. {@code lookup_seconds}: from the
 *       router's choice until a prefix is known, default 0.
 *   <li>{@code chunk_tokens}: default 256; requests of a trace have its blocks instead.
 *   <li>{@code hbm}: {@code kv_bytes}, a node's memory for keys and values, default what the
 *       weights leave of it; {@code cache}, whether requests find there what others left, default
 *       true.
 *   <li>{@code dram}: {@code bytes} of a node's cache; {@code link_bytes_per_second} to all of its
 *       accelerators, default the accelerators'; {@code kv_bytes} and this count what is stored
 *       once a node: where each accelerator has whole latents, they are those of one. Left out: no
 *       cache in host memory.
 *   <li>{@code filesystem}: {@code capacity_bytes}; {@code read_bytes_per_second} and {@code
 *       write_bytes_per_second} of all nodes together, {@code node_bytes_per_second} of each,
 *       unlimited where left out; {@code request_seconds} before a restore's first byte, default 0.
 *       Left out: no filesystem.
 *   <li>{@code routing}: {@code kind} prefix (default), random or least_loaded; {@code
 *       prefix_weight}, what a whole prefix in a node's memory is worth where being the least
 *       loaded node and not the most loaded is worth 1, default 1.5.
 *   <li>{@code batch}: {@code max_sequences}, default 256; {@code step_tokens}, default 8192, 0 for
 *       whole prompts one at a time while decoding waits; {@code ahead}, prompts that may have
 *       their memory before their prefill begins, default 2.
 *   <li>{@code workload}, generated: {@code requests}, {@code prefixes} that come again, {@code
 *       hit_share} of the requests that have one of those (default 1; the others have prefixes that
 *       nobody had), {@code zipf} exponent of their popularity (default 0: all alike), {@code
 *       prefix_tokens}, {@code question_tokens}, {@code output_tokens}, {@code stored}: whether the
 *       prefixes were computed before, by the nodes in turn (default false); {@code
 *       requests_per_second} of a Poisson process.
 *   <li>{@code workload}, of a trace: {@code trace}, the file, usually given by {@code --trace};
 *       {@code block_tokens}, default 512; {@code outputs}, infer or none, default infer; {@code
 *       time_scale}, a factor on the time between requests, default 1; {@code repeat}, how often
 *       the trace comes, each time with blocks of its own, default 1.
 *   <li>{@code workload.concurrency}, with either: as many requests are under way, and the next
 *       begins when one ends.
 *   <li>{@code warm_up}: share of the requests that come first and are not measured, default 0.
 *   <li>{@code variants}: an object with an object for each variant that says what differs; {@code
 *       null} takes a field away. Results are compared with the first.
 * </ul>
 */
package io.kvcache.bench.sim;
