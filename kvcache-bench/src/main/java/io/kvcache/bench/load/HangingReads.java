package io.kvcache.bench.load;

import io.kvcache.spi.ChunkIo;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;

/**
 * Real I/O whose reads of some files never return, as long as it says so: like a server that does
 * not answer, they neither fail nor let themselves be interrupted.
 */
final class HangingReads {
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition healed = lock.newCondition();
  private Predicate<Path> hangs = file -> false;
  private long hung;

  /** Reads of such files hang from now on. */
  void hang(Predicate<Path> files) {
    lock.lock();
    try {
      hangs = files;
    } finally {
      lock.unlock();
    }
  }

  /** All reads go on, those that hang included. */
  void heal() {
    lock.lock();
    try {
      hangs = file -> false;
      healed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Reads that hung so far. */
  long hung() {
    lock.lock();
    try {
      return hung;
    } finally {
      lock.unlock();
    }
  }

  private void pass(Path file) {
    lock.lock();
    try {
      if (hangs.test(file)) {
        hung++;
      }
      while (hangs.test(file)) {
        healed.awaitUninterruptibly();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Puts itself before real I/O, whatever calls that has. */
  ChunkIo before(ChunkIo real) {
    return (ChunkIo)
        Proxy.newProxyInstance(
            ChunkIo.class.getClassLoader(),
            new Class<?>[] {ChunkIo.class},
            (proxy, method, arguments) -> {
              if (method.getName().equals("read")) {
                pass((Path) arguments[0]);
              }
              try {
                return method.invoke(real, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }
}
