package io.kvcache;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.kvcache.store.DirectoryStore;
import java.lang.reflect.Modifier;
import java.util.Arrays;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/**
 * Every setting of a builder can be made by a file, or is listed here as one that only code can
 * make: so that whoever adds a setting decides which it is.
 */
class ConfigCoversBuildersTest {
  private static Set<String> settings(Class<?> builder) {
    return Arrays.stream(builder.getDeclaredMethods())
        .filter(m -> Modifier.isPublic(m.getModifiers()) && m.getReturnType() == builder)
        .map(m -> m.getName())
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static Set<String> and(Set<String> inFile, String... codeOnly) {
    Set<String> all = new TreeSet<>(inFile);
    all.addAll(Set.of(codeOnly));
    return all;
  }

  @Test
  void everySettingOfACache() {
    // Objects of the engine's; the store section is opened by the caller, and given to store(...).
    assertEquals(
        and(KvCacheConfig.CACHE.methods(), "hbm", "hostMemory", "listener", "store"),
        settings(KvCacheBuilder.class));
  }

  @Test
  void everySettingOfAStore() {
    // How bytes reach the disk is another module's object; only code evicts for a filesystem.
    assertEquals(
        and(KvCacheConfig.STORE.methods(), "io", "settleTime"),
        settings(DirectoryStore.Builder.class));
  }

  @Test
  void everySettingOfALayout() {
    // The fields element_type and groups.
    assertEquals(
        and(ConfigLayout.SETTINGS.methods(), "elementType", "full", "window", "state"),
        settings(KvLayout.Builder.class));
  }
}
