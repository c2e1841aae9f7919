/**
 * How long models compute, modelled from their shape and their accelerators' data sheets.
 *
 * <p><b>Prefill.</b> n new tokens after p reused ones take a fixed overhead, plus operations over
 * peak x efficiency x width, plus the sums between accelerators. Operations are 2 x active
 * parameters x n, and each layer's attention: 2 x heads x head dimension x (n^2 + 2 n p) for full
 * attention, bounded for a sliding window, linear in n for linear attention, and by its own
 * dimensions for latent attention, which also expands the p reused latents again. Products of
 * queries, keys and values are in the weights' precision unless the model's file names another,
 * with a source: DeepSeek's are in bfloat16 whatever the weights are in. Sums are two per layer and
 * token of the hidden size in bfloat16, over the data sheet's link, not overlapped. The fixed
 * overhead is the engine's and belongs to a scenario; the published times below do not tell it
 * apart and are modelled with none.
 *
 * <p><b>Efficiency</b> is one number per accelerator and precision, for every model and length. It
 * comes from published times ({@code published-prefills.json}): P1 and P2 for the A100 in bfloat16,
 * P3 for the H100 in bfloat16, P4 to P6 for the GH200 in FP8; the other pairs are taken over from
 * the same chip and say so. No row has a constant of its own; {@link
 * io.kvcache.bench.model.PrefillResidual} prints what is left:
 *
 * <pre>
 * P1  Llama-3.1-8B    BF16   1 x A100     300,000 tokens   180    s   modelled  182    s   +1.2 %
 * P2  Llama-3.1-8B    BF16   1 x A100   1,000,000 tokens  1800    s   modelled 1783    s   -0.9 %
 * P3  Llama-3.1-8B    BF16   1 x H100      20,000 tokens     0.9  s   modelled    0.90 s   -0.3 %
 * P4  Llama-3.3-70B   FP8   32 x GH200     32,768 tokens     0.472 s  modelled   0.400 s  -15.3 %
 * P5  Llama-3.1-405B  FP8   32 x GH200     32,768 tokens     1.6  s   modelled    1.68 s   +4.7 %
 * P6  Llama-3.1-405B  FP8   32 x GH200    122,880 tokens     7.5  s   modelled    7.87 s   +4.9 %
 * </pre>
 *
 * <p>Without the sums P4 to P6 would need efficiencies of 0.20, 0.31 and 0.34, and the best single
 * one would be off by 26 %: it is the link, not the multiplication, in which a short prompt of a
 * smaller model on 32 accelerators differs.
 *
 * <p><b>Decode.</b> A step of a batch takes the longer of moving weights (of experts those that the
 * batch is routed to), keys, values and states through the memory and of multiplying, plus the
 * sums. {@link io.kvcache.bench.model.Batching} says how many sequences fit beside the weights.
 *
 * <p><b>Left out:</b> latency of single transfers and kernels, which makes small batches on many
 * accelerators look faster than they are; uneven experts; reading the weights in a prefill of few
 * tokens.
 *
 * <p><b>Constants</b> are in {@code models.json} and {@code accelerators.json}, each with its
 * source; {@link io.kvcache.bench.model.Catalogue} reads files of the same form. {@link
 * io.kvcache.bench.model.Calibration} finds overhead and efficiency of a machine from timed
 * prefills. Everything is modelled here, nothing measured.
 */
package io.kvcache.bench.model;
