package io.kvcache.lustre;

import java.util.Optional;
import java.util.function.Function;

/**
 * Whether native code can be had in this JVM, and in one sentence why not and what to do. Found out
 * once, when it is first asked for: what JNA could not load, it never will in this process.
 */
final class NativeAccess {
  private static final String CHUNK_IO = "native chunk I/O";
  private static final String INSTEAD =
      "without native I/O, DirectoryStore.open(path) works everywhere";

  /** Loaded, and so tried, on first use. */
  private static final class Tried {
    static final NativeAccess ONCE =
        attempt(Machine.current(), machine -> new JnaPosixIo(machine.getdents64()));
  }

  private final PosixIo posix;
  private final String unavailable;

  private NativeAccess(PosixIo posix, String unavailable) {
    this.posix = posix;
    this.unavailable = unavailable;
  }

  /**
   * System calls of this machine.
   *
   * @throws UnsupportedOperationException if there is no native code, with the reason and the
   *     remedy
   */
  static PosixIo posix() {
    require(CHUNK_IO, INSTEAD);
    return Tried.ONCE.posix;
  }

  /**
   * Needs native code.
   *
   * @param what is to be had with it
   * @param instead what works without it
   * @throws UnsupportedOperationException if there is none, with the reason and the remedy
   */
  static void require(String what, String instead) {
    if (Tried.ONCE.unavailable != null) {
      throw new UnsupportedOperationException(sentence(what, Tried.ONCE.unavailable, instead));
    }
  }

  /** Why there is none; empty if there is. */
  static Optional<String> unavailable() {
    return Tried.ONCE.trouble().map(reason -> sentence(CHUNK_IO, reason, INSTEAD));
  }

  /** Whatever keeps native code away is a reason, except that the JVM itself is in trouble. */
  static NativeAccess attempt(Machine machine, Function<Machine, PosixIo> loading) {
    Optional<String> unsupported = machine.unsupported();
    if (unsupported.isPresent()) {
      return new NativeAccess(null, unsupported.get());
    }
    try {
      return new NativeAccess(loading.apply(machine), null);
    } catch (VirtualMachineError e) {
      throw e;
    } catch (RuntimeException | Error e) {
      // JNA throws plain Errors, too.
      return new NativeAccess(null, reason(e));
    }
  }

  /** Why it is not available, if it is not. */
  Optional<String> trouble() {
    return Optional.ofNullable(unavailable);
  }

  private static String sentence(String what, String reason, String instead) {
    return what + " is not available: " + reason + "; " + instead;
  }

  /** What stands between this JVM and native code, from what it threw. */
  static String reason(Throwable thrown) {
    Throwable cause = thrown;
    while (cause instanceof ExceptionInInitializerError && cause.getCause() != null) {
      cause = cause.getCause();
    }
    String said = String.valueOf(cause.getMessage());
    if (cause instanceof IllegalCallerException) {
      return "this JVM refuses native access: start Java with"
          + " --enable-native-access=ALL-UNNAMED, or with --enable-native-access=com.sun.jna"
          + " where kvcache is on the module path";
    }
    if (cause instanceof NoClassDefFoundError && said.contains("com/sun/jna")) {
      return "JNA is missing: add net.java.dev.jna:jna to the class path";
    }
    if (said.contains("incompatible JNA native library")) {
      return "another version of JNA has left its native part where this one looks for its own"
          + " (-Djna.boot.library.path, or the system's library path): start Java with"
          + " -Djna.nosys=true, without -Djna.boot.library.path";
    }
    if (said.contains("statx")) {
      return "the C library has no statx: glibc 2.28 or later is needed";
    }
    if (said.contains("musl") || said.contains("ld-linux")) {
      return "JNA's native part is made for glibc, and this C library is another, such as Alpine's"
          + " musl ("
          + said
          + "): use an image with glibc";
    }
    return "JNA's native part cannot be loaded ("
        + said
        + "): start Java with -Djna.tmpdir=DIR, a directory that may hold code to be run";
  }
}
