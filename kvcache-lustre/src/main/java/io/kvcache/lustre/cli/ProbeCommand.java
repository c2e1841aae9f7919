package io.kvcache.lustre.cli;

import io.kvcache.lustre.FsProfile;
import io.kvcache.lustre.LustreStore;
import io.kvcache.spi.IoMode;
import io.kvcache.store.NioChunkIo;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** Says how chunks would be read and written in a directory, by trying it. */
@Command(
    name = "probe",
    description =
        "Writes and reads a file in the directory, and says how chunks would be read and written"
            + " there, and why.")
final class ProbeCommand implements Callable<Integer> {
  private static final int ALIGNMENT = 4096;

  @Mixin private Output output;

  @Parameters(paramLabel = "DIR", description = "A directory; it must exist.")
  private Path directory;

  private record Result(
      String filesystem,
      int alignment,
      String mode,
      String reason,
      int stripeCount,
      long stripeSizeBytes,
      int pieceBytes,
      boolean nativeIo) {}

  @Override
  public Integer call() {
    AdminStore.require(directory);
    Optional<String> unavailable = LustreStore.unavailable();
    Result result = unavailable.isEmpty() ? natively() : throughTheJdk(unavailable.get());
    output.print(
        result,
        text -> {
          text.println("filesystem  " + result.filesystem);
          text.println("mode        " + result.mode);
          text.println("reason      " + result.reason);
          text.println("alignment   " + result.alignment);
          text.println(
              "pieces      "
                  + (result.pieceBytes == 0
                      ? "none: every image in one call"
                      : ByteSize.text(result.pieceBytes) + ", of one image at the same time"));
          text.println(
              "striping    "
                  + (result.stripeCount == 0
                      ? "the filesystem's default, or none"
                      : result.stripeCount + " of " + ByteSize.text(result.stripeSizeBytes)));
        });
    return 0;
  }

  private Result natively() {
    FsProfile profile;
    try {
      profile = LustreStore.probe(directory.toAbsolutePath().normalize());
    } catch (IllegalArgumentException e) {
      throw new CommandLineException(e.getMessage(), e);
    }
    return new Result(
        profile.filesystem(),
        profile.alignment(),
        profile.mode().label(),
        profile.mode().reason(),
        profile.stripeCount(),
        profile.stripeBytes(),
        profile.pieceBytes(),
        true);
  }

  private Result throughTheJdk(String unavailable) {
    String type;
    try {
      type = Files.getFileStore(directory).type();
    } catch (IOException e) {
      type = "unknown";
    }
    try (NioChunkIo io = NioChunkIo.open(directory)) {
      IoMode mode = io.mode();
      return new Result(
          type, ALIGNMENT, mode.label(), mode.reason() + "; " + unavailable, 0, 0, 0, false);
    }
  }
}
