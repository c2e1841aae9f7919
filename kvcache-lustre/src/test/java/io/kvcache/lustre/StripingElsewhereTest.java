package io.kvcache.lustre;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.kvcache.lustre.StripingOutcome.Kind;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A real filesystem that is not Lustre says so, and is left as it was. */
class StripingElsewhereTest {
  private static final LovLayout LAYOUT = LovLayout.of(1, 4 << 20);

  @TempDir Path directory;

  private PosixIo posix;

  @BeforeEach
  void onAnotherFilesystem() {
    Optional<String> missing = LustreStore.unavailable();
    assumeTrue(missing.isEmpty(), () -> "no native access here: " + missing.orElse(""));
    posix = NativeAccess.posix();
    FilesystemStatus status = new FilesystemStatus();
    assertEquals(0, posix.statfs(directory.toString(), status));
    assumeTrue(
        Filesystem.of(status.type) != Filesystem.LUSTRE,
        "the temporary directory is on Lustre: set java.io.tmpdir to another filesystem");
  }

  @Test
  void itIsNotLustre() {
    StripingOutcome outcome =
        new DirectoryStriping(posix, StripePolicy.bySize(), 0).apply(directory, 80 << 20);
    assertEquals(Kind.NOT_LUSTRE, outcome.kind(), outcome.reason());
  }

  @Test
  void theAttributeIsRefusedAndNothingIsRead() {
    int set = posix.setAttribute(directory.toString(), LovLayout.ATTRIBUTE, LAYOUT.encode());
    assertEquals(-Errno.EOPNOTSUPP, set);
    assertEquals(
        Optional.empty(),
        new DirectoryStriping(posix, StripePolicy.bySize(), 0).layoutOf(directory));
  }
}
