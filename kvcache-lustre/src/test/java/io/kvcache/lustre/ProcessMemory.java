package io.kvcache.lustre;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** What the kernel says about the memory of this process. */
final class ProcessMemory {
  private ProcessMemory() {}

  /**
   * Sum over the mappings that a child process does not get, which are those of {@link LargeMemory}
   * and no others.
   *
   * @param field of {@code /proc/self/smaps}, such as {@code Size}, in kB there
   */
  static long notForked(String field) throws IOException {
    long sum = 0;
    long current = 0;
    boolean anonymous = false;
    List<String> lines = Files.readAllLines(Path.of("/proc/self/smaps"));
    for (String line : lines) {
      String[] words = line.split("\\s+");
      if (words[0].matches("[0-9a-f]+-[0-9a-f]+")) {
        anonymous = words.length == 5 || words[5].startsWith("/anon_hugepage");
        current = 0;
      } else if (words[0].equals(field + ":")) {
        current = Long.parseLong(words[1]) << 10;
      } else if (words[0].equals("VmFlags:") && anonymous && List.of(words).contains("dc")) {
        sum += current;
      }
    }
    return sum;
  }

  /** Resident bytes of the whole process. */
  static long resident() throws IOException {
    String[] pages = Files.readString(Path.of("/proc/self/statm")).split(" ");
    return Long.parseLong(pages[1]) * 4096;
  }
}
