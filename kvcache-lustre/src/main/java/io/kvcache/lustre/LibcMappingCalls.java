package io.kvcache.lustre;

import com.sun.jna.Native;

/**
 * Those of the C library, mapped directly and with numbers only, as in {@link Libc}, and loaded
 * only where {@link NativeAccess} says that there is native code.
 */
final class LibcMappingCalls implements MappingCalls {
  private static final int READ_WRITE = 0x1 | 0x2; // PROT_READ, PROT_WRITE
  private static final int PRIVATE_ANONYMOUS = 0x02 | 0x20; // MAP_PRIVATE, MAP_ANONYMOUS
  private static final int NO_FILE = -1;

  static {
    Native.register(LibcMappingCalls.class, "c");
  }

  private static native long mmap(
      long address, long length, int protection, int flags, int file, long offset);

  private static native int munmap(long address, long length);

  private static native int madvise(long address, long length, int advice);

  @Override
  public long map(long bytes, int flags) {
    long address = mmap(0, bytes, READ_WRITE, PRIVATE_ANONYMOUS | flags, NO_FILE, 0);
    return address == -1 ? -Native.getLastError() : address;
  }

  @Override
  public int unmap(long address, long bytes) {
    return munmap(address, bytes) == 0 ? 0 : -Native.getLastError();
  }

  @Override
  public int advise(long address, long bytes, int advice) {
    return madvise(address, bytes, advice) == 0 ? 0 : -Native.getLastError();
  }
}
