package io.kvcache.bench.io;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * fio, reading and writing files as the library does images: each thread one file after the other,
 * each file by one pread or pwrite. New files are written as the library writes them: without
 * fallocate, and made when their turn comes, not before the clock starts. That matters where files
 * were removed a moment ago: ext4 looks long for an inode that was not.
 */
public final class Fio {
  private static final long HUGE_PAGE_BYTES = 2 << 20;

  /** So much that a buffer that begins on a huge page is in whole ones. */
  private static final long HUGE_BUFFER_BYTES = 2 * HUGE_PAGE_BYTES;

  /** Makes glibc's malloc ask for huge pages, in memory of that size at least. */
  private static final Map<String, String> HUGE_PAGES =
      Map.of("GLIBC_TUNABLES", "glibc.malloc.hugetlb=1");

  private final Path directory;
  private final long fileBytes;
  private final int files;
  private final boolean hugePages;
  private final List<String> settings;
  private final List<String> jobs;

  /**
   * @param directory made here
   * @param fileBytes bytes of a file, and of a read or write
   * @param files of all threads together, at least as many as threads
   * @param direct with O_DIRECT
   * @param hugePages buffers in transparent huge pages, which glibc asks for from 2.35 on
   */
  public Fio(
      Path directory, long fileBytes, int files, int threads, boolean direct, boolean hugePages)
      throws IOException {
    Files.createDirectories(directory);
    this.directory = directory;
    this.fileBytes = fileBytes;
    this.files = files;
    this.hugePages = hugePages;
    this.settings =
        List.of(
            "--ioengine=psync",
            "--direct=" + (direct ? 1 : 0),
            "--filesize=" + fileBytes,
            "--openfiles=1",
            "--file_service_type=sequential",
            "--fallocate=none",
            "--create_on_open=1",
            "--mem=malloc",
            "--thread",
            "--group_reporting",
            "--output-format=json");
    this.jobs = jobs(files, threads);
  }

  /** As many files for each thread, or one more for some. */
  private static List<String> jobs(int files, int threads) {
    List<String> jobs = new ArrayList<>();
    int more = files % threads;
    if (more > 0) {
      jobs.addAll(
          List.of("--name=more", "--numjobs=" + more, "--nrfiles=" + (files / threads + 1)));
    }
    jobs.addAll(
        List.of("--name=files", "--numjobs=" + (threads - more), "--nrfiles=" + files / threads));
    return jobs;
  }

  /** Why there is no fio here. */
  public static Optional<String> unavailable() {
    try {
      Process version =
          new ProcessBuilder("fio", "--version")
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      return version.waitFor() == 0
          ? Optional.empty()
          : Optional.of("fio is broken: fio --version fails");
    } catch (IOException e) {
      return Optional.of("fio is not installed: no program of that name is on the PATH");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Optional.of("interrupted while looking for fio");
    }
  }

  /** Writes every file; those that exist are removed before, uncounted. */
  public Measured write(RunWatch watch) throws IOException, InterruptedException {
    return run("write", watch);
  }

  /** Reads every file; those that do not exist are written before, uncounted. */
  public Measured read(RunWatch watch) throws IOException, InterruptedException {
    if (!areThere()) {
      // With create_on_open a read of files that are not there reads nothing, and fails not.
      run("write", watch);
    }
    return run("read", watch);
  }

  private boolean areThere() throws IOException {
    try (Stream<Path> all = Files.list(directory)) {
      return all.filter(Files::isRegularFile).count() >= files;
    }
  }

  /**
   * The command that writes, or reads, in the folder where it is started: an empty one, to type it.
   */
  public String command(String direction) {
    StringBuilder command = new StringBuilder();
    environment().forEach((name, value) -> command.append(name + "=" + value + " "));
    return command.append(String.join(" ", arguments(direction))).toString();
  }

  private Map<String, String> environment() {
    return hugePages ? HUGE_PAGES : Map.of();
  }

  private List<String> arguments(String direction) {
    List<String> arguments = new ArrayList<>(List.of("fio", "--rw=" + direction));
    if (hugePages) {
      // fio's buffers are as large as the largest block of any direction.
      long other = Math.max(HUGE_BUFFER_BYTES, fileBytes);
      boolean reads = direction.equals("read");
      arguments.add(
          String.format("--bs=%d,%d", reads ? fileBytes : other, reads ? other : fileBytes));
      arguments.add("--iomem_align=" + HUGE_PAGE_BYTES);
    } else {
      arguments.add("--bs=" + fileBytes);
    }
    arguments.addAll(settings);
    arguments.addAll(jobs);
    return arguments;
  }

  private Measured run(String direction, RunWatch watch) throws IOException, InterruptedException {
    String said = FioProcess.run(arguments(direction), environment(), directory, watch);
    watch.goOn(files);
    return FioRun.parse(said, direction);
  }
}
