/**
 * What tokens and caches cost, modelled. {@link io.kvcache.bench.tco.Prices} holds every price with
 * its source and date ({@code prices.json} in the jar, or a file of the same form); {@link
 * io.kvcache.bench.tco.TcoModel} makes lines of a bill from them, {@link io.kvcache.bench.tco.Bill}
 * divides it by a throughput, and {@link io.kvcache.bench.tco.Comparison} puts two side by side.
 * Throughputs are inputs: they come from a simulation, a measurement or a claim, and whoever prints
 * a cost says which. {@link io.kvcache.bench.tco.PublishedSaving} holds a claim and its conditions,
 * to be set beside the same at these prices.
 *
 * <p>Where nobody lists a price, it is marked as an assumption, in the file and in the basis of
 * each line. What is bought is written off evenly over {@code amortisationYears}; rented machines
 * and filesystems cost their list price without discounts for commitment.
 */
package io.kvcache.bench.tco;
