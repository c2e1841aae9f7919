package io.kvcache.lustre;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kvcache.lustre.StripingOutcome.Kind;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A store's directories get the layout that suits its images, and trouble with that is none. */
class DirectoryStripingTest {
  private static final long MIB = 1 << 20;
  private static final String DIRECTORY = "/mnt/lustre/kv/model_r0";

  private final FakeLustreAttributes lustre = new FakeLustreAttributes();

  DirectoryStripingTest() {
    lustre.makeDirectory("/mnt/lustre/kv");
    lustre.makeDirectory(DIRECTORY);
  }

  private StripingOutcome apply(StripePolicy policy) {
    return new DirectoryStriping(lustre, policy, 0).apply(Path.of(DIRECTORY), 80 * MIB);
  }

  @Test
  void aNewDirectoryGetsTheLayoutOfItsImagesAndThoseBelowItToo() {
    StripingOutcome outcome = apply(StripePolicy.bySize());
    assertEquals(Kind.SET, outcome.kind());
    assertEquals(Optional.of(LovLayout.of(4, 4 * MIB)), outcome.layout());
    assertEquals(LovLayout.of(4, 4 * MIB).encode(), lustre.value(DIRECTORY).orElseThrow());

    lustre.makeDirectory(DIRECTORY + "/0ab");
    DirectoryStriping striping = new DirectoryStriping(lustre, StripePolicy.bySize(), 0);
    assertEquals(
        Kind.KEPT, striping.apply(Path.of(DIRECTORY + "/0ab"), 80 * MIB).kind(), "inherited");
    assertEquals(1, lustre.sets);
    assertEquals(
        Optional.of(LovLayout.of(4, 4 * MIB)), striping.layoutOf(Path.of(DIRECTORY + "/0ab")));
  }

  @Test
  void anotherDefaultIsReplaced() {
    lustre.put(
        DIRECTORY,
        LovLayoutTest.composite(LovLayout.of(1, MIB).encode(), LovLayout.of(8, MIB).encode()));
    assertEquals(Kind.SET, apply(StripePolicy.bySize()).kind());
    assertEquals(LovLayout.of(4, 4 * MIB).encode(), lustre.value(DIRECTORY).orElseThrow());
  }

  @Test
  void thePoolOfTheDirectoryAboveStaysUnlessThePolicyNamesOne() {
    lustre.put(DIRECTORY, LovLayout.of(1, MIB).withPool("flash").encode());
    assertEquals(
        Optional.of(LovLayout.of(4, 4 * MIB).withPool("flash")),
        apply(StripePolicy.bySize()).layout());
    assertEquals(
        Optional.of(LovLayout.of(4, 4 * MIB).withPool("disk")),
        apply(StripePolicy.bySize().withPool("disk")).layout());
  }

  @Test
  void aValueTooLongForTheUsualBufferIsReadAllTheSame() {
    ByteBuffer[] many = new ByteBuffer[100];
    Arrays.fill(many, LovLayout.of(1, MIB).withPool("flash").encode());
    lustre.put(DIRECTORY, LovLayoutTest.composite(many));
    assertEquals(
        Optional.of(LovLayout.of(4, 4 * MIB).withPool("flash")),
        apply(StripePolicy.bySize()).layout());
  }

  @Test
  void aPolicyThatSetsNothingAsksNothing() {
    lustre.statfsError = Errno.EIO;
    lustre.getError = Errno.EIO;
    assertEquals(Kind.KEPT, apply(StripePolicy.inherit()).kind());
    DirectoryStriping striping = new DirectoryStriping(lustre, StripePolicy.bySize(), 0);
    assertEquals(Kind.KEPT, striping.apply(Path.of(DIRECTORY), 0).kind(), "size not known");
  }

  @ParameterizedTest
  @ValueSource(
      ints = {
        Errno.EPERM,
        Errno.EACCES,
        Errno.EROFS,
        Errno.ERANGE,
        Errno.EINVAL,
        Errno.EFBIG,
        Errno.ENOSPC,
        Errno.EDQUOT,
        Errno.EREMOTEIO,
        Errno.ESTALE,
        Errno.EIO
      })
  void aRefusalIsAnOutcomeThatSaysWhatWasAskedForAndWhatToDo(int errno) {
    lustre.setError = errno;
    StripingOutcome outcome = apply(StripePolicy.bySize());
    assertEquals(Kind.REFUSED, outcome.kind());
    assertTrue(outcome.reason().contains("4 x 4 MiB: " + Errno.text(errno)), outcome.reason());
    assertTrue(
        outcome.reason().contains("lfs setstripe -c 4 -S 4194304 " + DIRECTORY), outcome.reason());
  }

  @Test
  void aSuccessThatDidNothingIsFoundOut() {
    lustre.ignoresSet = true;
    StripingOutcome outcome = apply(StripePolicy.of(8, 16 * MIB));
    assertEquals(Kind.READ_BACK_DIFFERS, outcome.kind());
    assertTrue(
        outcome.reason().contains("8 x 16 MiB was set, but it has ENODATA"), outcome.reason());
    assertEquals(Optional.empty(), outcome.layout());

    lustre.put(DIRECTORY, LovLayout.of(1, MIB).encode());
    outcome = apply(StripePolicy.of(8, 16 * MIB));
    assertEquals(Kind.READ_BACK_DIFFERS, outcome.kind());
    assertEquals(Optional.of(LovLayout.of(1, MIB)), outcome.layout());
  }

  @Test
  void aDefaultThatWasLeftToTheFilesystemMayBeAnything() {
    lustre.put(DIRECTORY, LovLayout.of(4, 4 * MIB).encode());
    assertEquals(Kind.KEPT, apply(StripePolicy.of(4, 0)).kind());
    assertEquals(Kind.KEPT, apply(StripePolicy.of(0, 4 * MIB)).kind());
    assertEquals(Kind.SET, apply(StripePolicy.of(2, 0)).kind());
  }

  @Test
  void otherFilesystemsAreLeftAlone() {
    lustre.type = Filesystem.EXT.magic();
    StripingOutcome outcome = apply(StripePolicy.bySize());
    assertEquals(Kind.NOT_LUSTRE, outcome.kind());
    assertEquals("ext4", outcome.reason());
    lustre.type = Filesystem.LUSTRE.magic();
    lustre.getError = Errno.EOPNOTSUPP;
    assertEquals(Kind.NOT_LUSTRE, apply(StripePolicy.bySize()).kind());
    lustre.getError = 0;
    lustre.setError = Errno.EOPNOTSUPP;
    assertEquals(Kind.NOT_LUSTRE, apply(StripePolicy.bySize()).kind());
    assertEquals(1, lustre.sets);
  }

  @Test
  void theRootOfAMountIsRefused() {
    DirectoryStriping striping = new DirectoryStriping(lustre, StripePolicy.bySize(), 0);
    for (String root : new String[] {"/", "/mnt/lustre", "/mnt/lustre/bound"}) {
      if (root.endsWith("bound")) {
        lustre.directory(root, FakeLustreAttributes.DEVICE, 50, FileStatus.MOUNT_ROOT);
      }
      StripingOutcome outcome = striping.apply(Path.of(root), 80 * MIB);
      assertEquals(Kind.REFUSED, outcome.kind(), root);
      assertTrue(outcome.reason().contains("root of a mount"), outcome.reason());
    }
    assertEquals(0, lustre.sets);
  }

  @Test
  void whatCannotBeSeenIsLeftAlone() {
    lustre.statxError = Errno.EACCES;
    assertEquals(Kind.REFUSED, apply(StripePolicy.bySize()).kind());
    lustre.statxError = 0;
    lustre.statfsError = Errno.ENOTCONN;
    assertEquals(Kind.REFUSED, apply(StripePolicy.bySize()).kind());
    lustre.statfsError = 0;
    lustre.getError = Errno.EIO;
    assertEquals(Kind.REFUSED, apply(StripePolicy.bySize()).kind());
    lustre.getError = 0;
    lustre.directory(DIRECTORY, FakeLustreAttributes.DEVICE, 9, 0).mode = 0xA1FF;
    assertEquals(Kind.REFUSED, apply(StripePolicy.bySize()).kind(), "a symbolic link");
    assertEquals(0, lustre.sets);
  }

  @Test
  void theFirstTroubleIsRemembered() {
    DirectoryStriping striping = new DirectoryStriping(lustre, StripePolicy.bySize(), 0);
    striping.apply(Path.of(DIRECTORY), 4 * MIB);
    assertEquals(Optional.empty(), striping.trouble());
    lustre.setError = Errno.EPERM;
    StripingOutcome first = striping.apply(Path.of(DIRECTORY), 80 * MIB);
    lustre.setError = Errno.EROFS;
    striping.apply(Path.of(DIRECTORY), 80 * MIB);
    assertEquals(Optional.of(first), striping.trouble());
  }
}
