package io.kvcache.lustre.cli;

import io.kvcache.store.DirectoryStore;
import io.kvcache.store.DirectorySurvey;
import io.kvcache.store.ImageFault;
import io.kvcache.store.VerifyObserver;
import io.kvcache.store.VerifyReport;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicLong;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Reads everything and says what is wrong. */
@Command(
    name = "verify",
    description = {
      "Reads every image and verifies it to the last byte, by its header, its checksums, its name,"
          + " and the namespace's config.json. Removes nothing unless told to.",
      ""
    })
final class VerifyCommand implements Callable<Integer> {
  /** A directory of garbage must not fill the memory with its names. */
  private static final int MOST_NAMED = 1_000;

  private static final VerifyReport NOTHING = new VerifyReport(0, 0, 0, 0, 0, 0, 0, 0, 0, false);

  @Spec private CommandSpec spec;

  @Mixin private AdminDirectory directory;

  @Mixin private Output output;

  @Mixin private Progress progress;

  @Option(names = "--delete", description = "Remove images that are proven wrong.")
  private boolean delete;

  private record Wrong(String file, String fault) {}

  private record Result(
      long checked,
      long corrupt,
      long foreign,
      long checkedBytes,
      long removed,
      long unknownVersion,
      long temporaries,
      long gone,
      long failed,
      boolean complete,
      List<Wrong> corruptFiles,
      List<Wrong> failedFiles) {}

  /** Says what is wrong as it is found, or keeps it for the one JSON object. */
  private final class Findings implements VerifyObserver {
    private final PrintWriter out = spec.commandLine().getOut();
    private final List<Wrong> corrupt = new ArrayList<>();
    private final List<Wrong> failed = new ArrayList<>();
    private final AtomicLong bytes = new AtomicLong();

    @Override
    public void corrupt(Path file, ImageFault fault) {
      note(corrupt, "corrupt", file, fault.name());
    }

    @Override
    public void failed(Path file, String reason) {
      note(failed, "failed", file, reason);
    }

    @Override
    public void checked(long more) {
      bytes.addAndGet(more);
    }

    private void note(List<Wrong> list, String kind, Path file, String what) {
      if (!output.isJson()) {
        out.println(kind + " " + file + ": " + what);
        out.flush();
      } else if (list.size() < MOST_NAMED) {
        list.add(new Wrong(file.toString(), what));
      }
    }
  }

  @Override
  public Integer call() {
    try (AdminStore admin = directory.open()) {
      Findings findings = new Findings();
      VerifyReport report =
          progress.during(
              total(admin),
              findings.bytes::get,
              ByteSize::text,
              output,
              () -> verify(admin, findings));
      Result result =
          new Result(
              report.checked(),
              report.corrupt(),
              report.foreign(),
              report.checkedBytes(),
              report.removed(),
              report.unknownVersion(),
              report.temporaries(),
              report.gone(),
              report.failed(),
              report.complete(),
              findings.corrupt,
              findings.failed);
      output.print(result, text -> print(result, text));
    }
    return 0;
  }

  /** For the bar alone: nobody else waits for another scan. */
  private long total(AdminStore admin) {
    return progress.isSeen(output)
        ? admin.unlessEnded(DirectoryStore::survey).map(DirectorySurvey::bytes).orElse(0L)
        : 0;
  }

  private VerifyReport verify(AdminStore admin, VerifyObserver observer) {
    return admin.unlessEnded(store -> store.verify(delete, observer)).orElse(NOTHING);
  }

  private static void print(Result result, PrintWriter text) {
    text.printf(
        "%,d images verified, %s: %,d corrupt, %,d of those removed%n",
        result.checked, ByteSize.text(result.checkedBytes), result.corrupt, result.removed);
    text.printf(
        "%,d foreign entries, %,d of those images of a later format; %,d temporary files%n",
        result.foreign, result.unknownVersion, result.temporaries);
    text.printf(
        "%,d could not be read, listed or removed; %,d were removed by others meanwhile%n",
        result.failed, result.gone);
    if (!result.complete) {
      text.println("ended early: that is not everything");
    }
  }
}
