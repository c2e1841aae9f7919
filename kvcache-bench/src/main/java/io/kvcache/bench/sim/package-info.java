/** Simulates clusters that serve requests, in virtual time. */
package io.kvcache.bench.sim;
