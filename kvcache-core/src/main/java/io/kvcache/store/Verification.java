package io.kvcache.store;

import io.kvcache.spi.ChunkIoException;
import io.kvcache.spi.IoFault;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads every image and verifies it to the last byte, whatever its layout: by its own header, its
 * name, and the namespace's config.json where that is there. A few images at a time, on the store's
 * threads and behind what requests wait for; a read that hangs is given up as theirs are.
 *
 * <p>Used by one thread, once; only {@link #read} runs on others.
 */
final class Verification {
  private static final Logger log = LoggerFactory.getLogger(Verification.class);
  private static final int MOST_AT_ONCE = 8;
  private static final int LARGEST_CONFIG_BYTES = 16 << 20;

  private final DirectoryStore store;
  private final boolean remove;
  private final VerifyObserver observer;
  private final Pace pace;

  /** By the name of the directory that holds config.json; null where it does not tell. */
  private final Map<String, byte[]> fingerprints = new HashMap<>();

  private final Deque<Pending> pending = new ArrayDeque<>();
  private final ImageBuffers buffers = new ImageBuffers(MOST_AT_ONCE);
  private long checked;
  private long checkedBytes;
  private long corrupt;
  private long removed;
  private long unknownVersion;
  private long temporaries;
  private long gone;
  private long failed;

  Verification(DirectoryStore store, boolean remove, VerifyObserver observer, Pace pace) {
    this.store = store;
    this.remove = remove;
    this.observer = observer;
    this.pace = pace;
  }

  VerifyReport run() {
    DirectoryScan scan = new DirectoryScan(store.io, store.root, pace::next);
    scan.walk(new Finding());
    while (!pending.isEmpty()) {
      settleFirst();
    }
    return new VerifyReport(
        checked,
        checkedBytes,
        corrupt,
        removed,
        scan.foreign() + unknownVersion,
        unknownVersion,
        temporaries,
        gone,
        failed + scan.failed(),
        !pace.isStopped() && !store.isClosed());
  }

  private record Found(String name, long bytes) {}

  private record Pending(ImagePath image, PendingIo<Verdict> verdict) {}

  private final class Finding implements DirectoryScan.Visitor {
    private final List<Found> files = new ArrayList<>();

    @Override
    public void image(String name, ImageName parts, long bytes, long modifiedMillis) {
      files.add(new Found(name, bytes));
    }

    @Override
    public void temporary(String name, String owner, long bytes, long modifiedMillis) {
      temporaries++;
    }

    @Override
    public void leave(Path directory) {
      if (directory.equals(store.root)) {
        return;
      }
      if (directory.getParent().equals(store.root)) {
        fingerprint(NamespaceName.parse(directory.getFileName().toString()));
        return;
      }
      Path namespace = directory.getParent();
      NamespaceName name = NamespaceName.parse(namespace.getFileName().toString());
      for (Found file : files) {
        if (!pace.next()) {
          break;
        }
        submit(
            new NamedImage(ImageName.path(namespace, file.name), name, fingerprint(name)),
            file.bytes);
      }
      files.clear();
    }
  }

  private void submit(NamedImage image, long bytes) {
    while (pending.size() >= Math.min(MOST_AT_ONCE, store.pool.limits().workers())) {
      settleFirst();
    }
    long most = Math.min(bytes, ImageDescriptor.MAX_IMAGE_BYTES);
    pending.add(
        new Pending(image.path(), store.pool.submit(Lane.PREFETCH, most, new Verify(image))));
  }

  private final class Verify extends IoTask<Verdict> {
    private final NamedImage image;

    Verify(NamedImage image) {
      super(
          Verdict.failed("no I/O thread is left for it"),
          Verdict.failed("the read hangs, and was given up"),
          Verdict.failed("cancelled"));
      this.image = image;
    }

    @Override
    Verdict run() {
      return read(image);
    }
  }

  /** What became of one image: at most one of these is set. */
  private record Verdict(ImageFault fault, String failure, boolean gone, long bytes) {
    static Verdict failed(String why) {
      return new Verdict(null, why, false, 0);
    }
  }

  private Verdict read(NamedImage image) {
    Path file = image.path().published();
    ByteBuffer buffer = null;
    try {
      // The listing tells allocated blocks, which a sparse or compressed file has fewer of.
      long size =
          Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS).size();
      // What is too large for an image is none, however it goes on.
      int wanted =
          size > ImageDescriptor.MAX_IMAGE_BYTES
              ? ImageDescriptor.FIRST_BLOCK_BYTES
              : (int) Math.max(size, ImageDescriptor.FIRST_BLOCK_BYTES);
      buffer = buffers.take(wanted);
      ByteBuffer front = ImageBuffer.front(buffer, wanted);
      int length = store.io.read(file, front);
      return new Verdict(ImageDescriptor.verify(front, length, size, image), null, false, length);
    } catch (NoSuchFileException e) {
      return new Verdict(null, null, true, 0);
    } catch (ChunkIoException e) {
      return e.fault() == IoFault.MISSING
          ? new Verdict(null, null, true, 0)
          : Verdict.failed(e.getMessage());
    } catch (IOException e) {
      return Verdict.failed(e.toString());
    } catch (OutOfMemoryError e) {
      return Verdict.failed("no memory for it: raise -XX:MaxDirectMemorySize");
    } finally {
      if (buffer != null) {
        buffers.give(buffer);
      }
    }
  }

  private void settleFirst() {
    Pending first = pending.remove();
    Verdict verdict = first.verdict.outcome().join();
    Path file = first.image.published();
    if (verdict.gone) {
      gone++;
    } else if (verdict.failure != null) {
      // What was only not begun, since the store closes, is no failure.
      if (!store.isClosed()) {
        fail(file, verdict.failure);
      }
    } else {
      checked++;
      checkedBytes += verdict.bytes;
      observer.checked(verdict.bytes);
      if (verdict.fault == ImageFault.VERSION) {
        unknownVersion++;
      } else if (verdict.fault != null) {
        corrupt++;
        observer.corrupt(file, verdict.fault);
        if (remove) {
          remove(first.image, verdict.fault);
        }
      }
    }
  }

  private void remove(ImagePath image, ImageFault fault) {
    Path file = image.published();
    if (!store.awaitUnlink()) {
      return; // the store closes
    }
    try {
      store.io.delete(file);
      removed++;
      store.counters.corrupt.increment();
      log.warn("{}: removed, since its {} is wrong", file, fault);
    } catch (ChunkIoException e) {
      if (e.fault() != IoFault.MISSING) {
        fail(file, e.getMessage());
        return;
      }
      gone++;
    }
    store.forget(image);
  }

  private void fail(Path file, String reason) {
    failed++;
    observer.failed(file, reason);
  }

  /**
   * The fingerprint that the namespace's config.json hashes to. One that contradicts the
   * directory's name is wrong itself, and says nothing about the images.
   */
  private byte[] fingerprint(NamespaceName name) {
    if (!fingerprints.containsKey(name.config())) {
      fingerprints.put(name.config(), readFingerprint(name));
    }
    return fingerprints.get(name.config());
  }

  private byte[] readFingerprint(NamespaceName name) {
    Path file = store.root.resolve(name.config()).resolve(ConfigFile.NAME);
    byte[] config;
    try (InputStream in =
        Channels.newInputStream(
            Files.newByteChannel(
                file, Set.of(StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS)))) {
      config = in.readNBytes(LARGEST_CONFIG_BYTES);
    } catch (NoSuchFileException e) {
      return null;
    } catch (IOException e) {
      fail(file, e.toString());
      return null;
    }
    byte[] fingerprint = Namespace.sha256(config);
    if (new NamedImage(null, name, null).mayHave(fingerprint)) {
      return fingerprint;
    }
    corrupt++;
    observer.corrupt(file, ImageFault.FINGERPRINT);
    return null;
  }
}
