/** placeholder. */
package io.kvcache.bench.ttft;
