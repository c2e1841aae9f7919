/**
 * The home of native, parallel O_DIRECT chunk I/O: a {@link io.kvcache.spi.ChunkIo} that reaches
 * the disk through system calls instead of the JDK, for {@link io.kvcache.store.DirectoryStore}.
 * Names, format and failure rules are the store's; this module will own system calls, filesystem
 * probing, striping and the admin command line. Here so far: {@link io.kvcache.lustre.LargeMemory},
 * host memory straight from the system.
 */
package io.kvcache.lustre;
