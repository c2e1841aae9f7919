package io.kvcache.bench.ttft;

import io.kvcache.bench.io.DiskSpace;
import io.kvcache.bench.io.Fio;
import io.kvcache.bench.io.IoShape;
import io.kvcache.bench.io.PageCache;
import io.kvcache.bench.io.RunWatch;
import io.kvcache.bench.io.TemporaryFolder;
import io.kvcache.store.DirectoryStore;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Files that fio reads, cold, whenever it is asked to. They are written once and read again and
 * again, as the run's own are: on virtual disks new files may read otherwise than older ones. For
 * one thread.
 */
final class DirectoryReader implements AutoCloseable {
  private static final long SPARE_BYTES = 64L << 20;

  private final TemporaryFolder folder;
  private final Path files;
  private final IoShape shape;
  private final boolean direct;
  private final Fio fio;
  private Optional<String> notCold = Optional.empty();

  private DirectoryReader(TemporaryFolder folder, IoShape shape, boolean direct, Fio fio) {
    this.folder = folder;
    this.files = files(folder);
    this.shape = shape;
    this.direct = direct;
    this.fio = fio;
  }

  /**
   * Writes the files. Where there is no fio there is no such thing.
   *
   * @throws IllegalArgumentException if there is no room for them
   * @throws java.util.concurrent.CancellationException if the watch said so
   */
  static DirectoryReader write(TtftSettings settings, IoShape shape, RunWatch watch)
      throws IOException, InterruptedException {
    DiskSpace.require(
        settings.directory(),
        shape.images(),
        shape.imageBytes(),
        SPARE_BYTES,
        "use a directory with more room");
    TemporaryFolder folder = TemporaryFolder.in(settings.directory());
    try {
      boolean direct = isDirect(settings, folder.path().resolve("kv"));
      Fio fio =
          new Fio(
              files(folder),
              shape.imageBytes(),
              shape.images(),
              shape.threads(),
              direct,
              settings.memory().hugePages());
      fio.write(watch);
      return new DirectoryReader(folder, shape, direct, fio);
    } catch (IOException | InterruptedException | RuntimeException e) {
      folder.close();
      throw e;
    }
  }

  /** So many files of that size, but two for each thread at least. */
  static IoShape shape(TtftSettings settings, long fileBytes, int files) {
    return new IoShape(fileBytes, Math.max(2 * settings.workers(), files), settings.workers());
  }

  private static Path files(TemporaryFolder folder) {
    return folder.path().resolve("fio");
  }

  private static boolean isDirect(TtftSettings settings, Path root) {
    try (DirectoryStore store = settings.store().builder(root).open()) {
      return store.mode().direct();
    }
  }

  /** Reads all of them once, and says how many bytes per second that were. */
  double pass(RunWatch watch) throws IOException, InterruptedException {
    notCold = PageCache.makeCold(files, direct);
    return fio.read(watch).mbPerSecond() * 1e6;
  }

  /** Reads them so many times, after a first time that does not count. */
  DirectoryBandwidth measure(int passes, RunWatch watch) throws IOException, InterruptedException {
    List<Double> all = new ArrayList<>();
    for (int i = 0; i <= passes; i++) {
      all.add(pass(watch.after((long) i * shape.images())));
    }
    return summary(all.subList(1, all.size()));
  }

  /** What such passes say of the directory. */
  DirectoryBandwidth summary(List<Double> passes) {
    return DirectoryBandwidth.of(
        passes,
        "fio",
        shape.imageBytes(),
        shape.threads(),
        fio.command("read"),
        notCold.orElse(null));
  }

  /** Removes the files. */
  @Override
  public void close() throws IOException {
    folder.close();
  }
}
