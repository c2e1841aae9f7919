package io.kvcache.bench.ttft;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Where the reused chunks of a prompt are when its request comes: its leading ones in device
 * memory, those behind them in DRAM, the rest in files. In percent of the reused chunks.
 *
 * @param name what it is called
 * @param hbm percent in device memory, and so in DRAM too
 * @param dram percent in DRAM only
 * @param file percent in files only
 */
public record TierMix(String name, int hbm, int dram, int file) {
  /** No cache: every token is computed. */
  public static final TierMix NONE = new TierMix("none", 0, 0, 0);

  /** Checks that they are all of the chunks, or none. */
  public TierMix {
    int sum = hbm + dram + file;
    if (hbm < 0 || dram < 0 || file < 0 || sum != 100 && !(sum == 0 && name.equals("none"))) {
      throw new IllegalArgumentException(name + ": shares of 0 to 100 that sum up to 100");
    }
  }

  /** Whether there is no cache. */
  public boolean none() {
    return hbm + dram + file == 0;
  }

  /**
   * Reads {@code hbm}, {@code dram}, {@code file} or {@code none}, or a mixture such as {@code
   * dram:50+file:50}.
   */
  public static TierMix parse(String text) {
    String name = text.strip().toLowerCase(Locale.ROOT);
    if (name.equals(NONE.name)) {
      return NONE;
    }
    int[] shares = new int[3];
    for (String part : name.split("\\+", -1)) {
      int colon = part.indexOf(':');
      String tier = colon < 0 ? part : part.substring(0, colon);
      int index = List.of("hbm", "dram", "file").indexOf(tier);
      if (index < 0) {
        throw new IllegalArgumentException(
            "tier \"" + tier + "\": hbm, dram, file, none, or a mixture such as dram:50+file:50");
      }
      if (shares[index] != 0) {
        throw new IllegalArgumentException(name + " names " + tier + " twice");
      }
      shares[index] = colon < 0 ? 100 : percent(name, part.substring(colon + 1));
    }
    return new TierMix(name, shares[0], shares[1], shares[2]);
  }

  /** Reads several, separated by commas. */
  public static List<TierMix> parseAll(String text) {
    List<TierMix> all = new ArrayList<>();
    for (String each : text.split(",", -1)) {
      TierMix mix = parse(each);
      if (all.contains(mix)) {
        throw new IllegalArgumentException(mix.name + " is given twice");
      }
      all.add(mix);
    }
    return all;
  }

  private static int percent(String name, String digits) {
    try {
      int percent = Integer.parseInt(digits);
      if (percent >= 1 && percent <= 100) {
        return percent;
      }
    } catch (NumberFormatException e) {
      // said below
    }
    throw new IllegalArgumentException(name + ": \"" + digits + "\" is no share of 1 to 100");
  }

  /** Of so many chunks, how many are in device memory. */
  int hbmChunks(int chunks) {
    return Math.round(chunks * hbm / 100f);
  }

  /** Of so many chunks, how many are in DRAM, those in device memory included. */
  int memoryChunks(int chunks) {
    return Math.round(chunks * (hbm + dram) / 100f);
  }
}
