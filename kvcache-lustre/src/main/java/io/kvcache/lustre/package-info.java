/**
 * Native, parallel O_DIRECT chunk I/O for Lustre and every other shared or local filesystem: a
 * {@link io.kvcache.spi.ChunkIo} that reaches the disk through system calls instead of the JDK, for
 * {@link io.kvcache.store.DirectoryStore}. Names, format and failure rules are the store's; this
 * package owns system calls ({@code PosixIo}), what is known of filesystems ({@code FsProbe}),
 * striping, and memory beyond the JVM's limit ({@link io.kvcache.lustre.LargeMemory}).
 */
package io.kvcache.lustre;
