/**
 * Measures chunk I/O: images written and read through a store, next to fio on files of the same
 * size. The {@code io} command, the trials and the JMH benchmark of chunk I/O share it.
 */
package io.kvcache.bench.io;
