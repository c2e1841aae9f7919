/**
 * Trials that take minutes and several processes: programs with a {@code main}, each of which says
 * what it checks and ends with status 1 if that does not hold.
 */
package io.kvcache.bench.load;
