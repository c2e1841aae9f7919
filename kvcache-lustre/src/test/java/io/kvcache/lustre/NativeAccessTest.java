package io.kvcache.lustre;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.kvcache.fixture.ChildJvm;
import io.kvcache.lustre.fixture.OpenBothStores;
import io.kvcache.store.DirectoryStore;
import java.io.File;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Where there is no native code, one sentence says why, and the store of the JDK goes on. */
class NativeAccessTest {
  private static final String NATIVE_STORE_REFUSED = "refused: ";

  @TempDir Path directory;

  private static String withoutJna() {
    return Pattern.compile(File.pathSeparator, Pattern.LITERAL)
        .splitAsStream(ChildJvm.classPath())
        .filter(entry -> !entry.matches(".*/jna-[^/]*\\.jar"))
        .collect(Collectors.joining(File.pathSeparator));
  }

  private String openInChild(String... flags) throws Exception {
    List<String> arguments = new ArrayList<>(List.of(flags));
    arguments.addAll(List.of(OpenBothStores.class.getName(), directory.toString()));
    try (ChildJvm child = ChildJvm.start(List.of(), arguments)) {
      String said = child.nextLine();
      assertTrue(child.nextLine().contains(directory.toString()), "the JDK's store works");
      assertEquals(0, child.exitCode());
      return said;
    }
  }

  @Test
  void withoutJnaItNamesWhatToAdd() throws Exception {
    String said = openInChild("-cp", withoutJna());
    assertTrue(said.startsWith(NATIVE_STORE_REFUSED), said);
    assertTrue(said.contains("add net.java.dev.jna:jna to the class path"), said);
  }

  @Test
  void withNativeAccessRefusedItNamesTheFlag() throws Exception {
    assumeTrue(
        Runtime.version().feature() >= 24, "only JDK 24 and later refuse native access on request");
    String said = openInChild("-cp", ChildJvm.classPath(), "--illegal-native-access=deny");
    assertTrue(said.startsWith(NATIVE_STORE_REFUSED), said);
    assertTrue(said.contains("--enable-native-access=ALL-UNNAMED"), said);
    String granted =
        openInChild(
            "-cp",
            ChildJvm.classPath(),
            "--illegal-native-access=deny",
            "--enable-native-access=ALL-UNNAMED");
    assertTrue(granted.contains("DirectoryStore["), granted);
  }

  @Test
  void whereJnaCannotUnpackItsCodeItNamesTheProperty() throws Exception {
    String said =
        openInChild(
            "-cp", ChildJvm.classPath(), "-Djna.nosys=true", "-Djna.tmpdir=/proc/no/such/place");
    assertTrue(said.startsWith(NATIVE_STORE_REFUSED), said);
    assertTrue(said.contains("-Djna.tmpdir=DIR"), said);
  }

  @Test
  void onTheModulePathItWorksAsOnTheClassPath() throws Exception {
    List<String> modules = new ArrayList<>();
    for (Class<?> type : List.of(LustreStore.class, DirectoryStore.class)) {
      modules.add(location(type).toString());
    }
    String modulePath =
        Stream.concat(
                modules.stream(),
                Pattern.compile(File.pathSeparator, Pattern.LITERAL)
                    .splitAsStream(ChildJvm.classPath())
                    .filter(entry -> entry.matches(".*/(netty|slf4j-api|jackson|jna)[^/]*\\.jar")))
            .collect(Collectors.joining(File.pathSeparator));
    String said =
        openInChild(
            "--module-path",
            modulePath,
            "--add-modules",
            "io.kvcache.lustre",
            "-cp",
            location(OpenBothStores.class).toString());
    assertTrue(said.contains("DirectoryStore["), said);
    assertTrue(said.contains(LustreStore.probe(directory).mode().label()), said);
  }

  private static Path location(Class<?> type) throws URISyntaxException {
    return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI());
  }

  @Test
  void otherMachinesAreNamed() {
    assertEquals(Optional.empty(), new Machine("Linux", "amd64", "UTF-8").unsupported());
    assertEquals(Optional.empty(), new Machine("Linux", "aarch64", "UTF-8").unsupported());
    for (Machine other :
        List.of(
            new Machine("Mac OS X", "aarch64", "UTF-8"),
            new Machine("Linux", "riscv64", "UTF-8"))) {
      String said = other.unsupported().orElseThrow();
      assertTrue(said.contains(other.system() + " on " + other.architecture()), said);
    }
  }

  @Test
  void everyArchitectureHasItsOwnNumbers() {
    Machine x86 = new Machine("Linux", "amd64", "UTF-8");
    assertEquals(new OpenFlags(0x4000, 0x10000, 0x20000), x86.openFlags());
    assertEquals(217, x86.getdents64());
    Machine arm = new Machine("Linux", "aarch64", "UTF-8");
    assertEquals(new OpenFlags(0x10000, 0x4000, 0x8000), arm.openFlags());
    assertEquals(61, arm.getdents64());
  }

  @Test
  void aPathThatTheLocaleCannotSpellIsNotMisspelled() {
    Machine c = new Machine("Linux", "amd64", "ANSI_X3.4-1968");
    assertTrue(c.spells("/mnt/kv"));
    assertTrue(!c.spells("/mnt/k\u00e4se"));
    assertTrue(new Machine("Linux", "amd64", "utf-8").spells("/mnt/k\u00e4se"));
  }

  @Test
  void eachKindOfLinkageTroubleHasItsRemedy() {
    assertTrue(
        NativeAccess.reason(new UnsatisfiedLinkError("Error looking up function 'statx'"))
            .contains("glibc 2.28"));
    assertTrue(
        NativeAccess.reason(
                new UnsatisfiedLinkError(
                    "/tmp/jna.so: Error loading shared library ld-linux-x86-64.so.2"))
            .contains("use an image with glibc"));
    assertTrue(
        NativeAccess.reason(new ExceptionInInitializerError(new IllegalCallerException("no")))
            .contains("--enable-native-access=com.sun.jna"));
  }

  private static NativeAccess attempt(Function<Machine, PosixIo> loading) {
    return NativeAccess.attempt(new Machine("Linux", "amd64", "UTF-8"), loading);
  }

  @Test
  void theNativePartOfAnotherVersionIsSaidToBeThat() {
    NativeAccess refused =
        attempt(
            machine -> {
              throw new Error(
                  "\n\nThere is an incompatible JNA native library installed on this system\n");
            });
    String said = refused.trouble().orElseThrow();
    assertTrue(said.contains("another version of JNA"), said);
    assertTrue(said.contains("-Djna.boot.library.path"), said);
  }

  @Test
  void whateverElseIsThrownIsAReasonUnlessTheJvmItselfIsInTrouble() {
    for (RuntimeException thrown :
        List.of(new SecurityException("no"), new IllegalCallerException("no"))) {
      assertTrue(
          attempt(
                  machine -> {
                    throw thrown;
                  })
              .trouble()
              .isPresent());
    }
    assertThrows(
        OutOfMemoryError.class,
        () ->
            attempt(
                machine -> {
                  throw new OutOfMemoryError("injected");
                }));
  }
}
