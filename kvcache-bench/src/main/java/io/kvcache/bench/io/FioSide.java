package io.kvcache.bench.io;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** fio, on as many files of the same size. */
final class FioSide implements IoSide {
  private final Path directory;
  private final Fio fio;
  private final boolean direct;

  FioSide(Path directory, IoShape shape, boolean direct, boolean hugePages) throws IOException {
    this.directory = directory;
    this.fio =
        new Fio(
            directory, shape.imageBytes(), shape.images(), shape.busyThreads(), direct, hugePages);
    this.direct = direct;
  }

  /** The command that writes, or reads. */
  String command(String direction) {
    return fio.command(direction);
  }

  @Override
  public String name() {
    return "fio";
  }

  @Override
  public void remove() throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      List<Path> all = files.toList();
      for (Path file : all) {
        Files.delete(file);
      }
    }
  }

  @Override
  public Measured write(RunWatch watch) throws IOException, InterruptedException {
    return fio.write(watch);
  }

  @Override
  public Measured read(RunWatch watch) throws IOException, InterruptedException {
    PageCache.makeCold(directory, direct);
    return fio.read(watch);
  }

  /** Its bytes are its own. */
  @Override
  public int verify(RunWatch watch) {
    return 0;
  }
}
