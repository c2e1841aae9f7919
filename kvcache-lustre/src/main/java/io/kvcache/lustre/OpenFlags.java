package io.kvcache.lustre;

/**
 * Flags of open(2) where they differ between machines, from the kernel's {@code fcntl.h} of each
 * architecture. With those of the wrong one O_DIRECT would ask for a directory.
 *
 * @param direct O_DIRECT
 * @param directory O_DIRECTORY
 * @param noFollow O_NOFOLLOW
 */
record OpenFlags(int direct, int directory, int noFollow) {
  static final OpenFlags X86_64 = new OpenFlags(0x4000, 0x10000, 0x20000);
  static final OpenFlags AARCH64 = new OpenFlags(0x10000, 0x4000, 0x8000);

  // The same everywhere.
  static final int READ_ONLY = 0;
  static final int WRITE_ONLY = 1;
  static final int READ_WRITE = 2;
  static final int CREATE = 0x40;
  static final int EXCLUSIVE = 0x80;
  static final int CLOSE_ON_EXEC = 0x80000;
}
