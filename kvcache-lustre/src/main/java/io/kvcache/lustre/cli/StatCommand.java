package io.kvcache.lustre.cli;

import io.kvcache.store.DirectoryStore;
import io.kvcache.store.DirectorySurvey;
import io.kvcache.store.FilesystemSpace;
import io.kvcache.store.NamespaceUsage;
import java.io.PrintWriter;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Says what a directory holds. */
@Command(
    name = "stat",
    description = "Counts chunks and bytes of every namespace, by a scan that opens no file.")
final class StatCommand implements Callable<Integer> {
  private static final DirectorySurvey NOTHING = new DirectorySurvey(List.of(), 0, 0, 0, 0, false);

  @Mixin private AdminDirectory directory;

  @Mixin private Output output;

  @Mixin private Progress progress;

  private record Entry(
      String name, long chunks, long images, long bytes, long oldestStampMs, long newestStampMs) {
    static Entry of(NamespaceUsage usage) {
      return new Entry(
          usage.name(),
          usage.chunks(),
          usage.images(),
          usage.bytes(),
          usage.oldestStampMillis(),
          usage.newestStampMillis());
    }
  }

  private record Result(
      List<Entry> namespaces,
      long chunks,
      long images,
      long bytes,
      long temporaries,
      long temporaryBytes,
      long foreign,
      long failed,
      long filesystemBytes,
      long filesystemUsedBytes,
      boolean complete) {}

  @Override
  public Integer call() {
    try (AdminStore admin = directory.open()) {
      Optional<FilesystemSpace> space = admin.filesystem();
      DirectorySurvey survey =
          progress.during(
              0,
              admin.store()::scannedEntries,
              Progress::entries,
              output,
              () -> admin.unlessEnded(DirectoryStore::survey).orElse(NOTHING));
      Result result =
          new Result(
              survey.namespaces().stream().map(Entry::of).toList(),
              survey.chunks(),
              survey.images(),
              survey.bytes(),
              survey.temporaries(),
              survey.temporaryBytes(),
              survey.foreign(),
              survey.failed(),
              space.map(FilesystemSpace::totalBytes).orElse(0L),
              space.map(FilesystemSpace::usedBytes).orElse(0L),
              survey.complete());
      output.print(result, text -> print(result, text));
    }
    return 0;
  }

  private static void print(Result result, PrintWriter text) {
    for (Entry entry : result.namespaces) {
      text.printf(
          "%s%n  %,d chunks, %,d images, %s%s%n",
          entry.name,
          entry.chunks,
          entry.images,
          ByteSize.text(entry.bytes),
          entry.images == 0
              ? ""
              : ", used between "
                  + time(entry.oldestStampMs)
                  + " and "
                  + time(entry.newestStampMs));
    }
    text.printf(
        "%,d namespaces, %,d chunks, %,d images, %s%n",
        result.namespaces.size(), result.chunks, result.images, ByteSize.text(result.bytes));
    text.printf(
        "%,d temporary files, %s; %,d foreign entries; %,d directories not listed%n",
        result.temporaries, ByteSize.text(result.temporaryBytes), result.foreign, result.failed);
    if (result.filesystemBytes > 0) {
      text.printf(
          "filesystem %.1f %% of %s used%n",
          100.0 * result.filesystemUsedBytes / result.filesystemBytes,
          ByteSize.text(result.filesystemBytes));
    }
    if (!result.complete) {
      text.println("ended early: that is not everything");
    }
  }

  private static Instant time(long millis) {
    return Instant.ofEpochMilli(millis).truncatedTo(ChronoUnit.SECONDS);
  }
}
