package io.kvcache.bench.tco;

import io.kvcache.bench.json.StrictJson;
import io.kvcache.bench.model.Sourced;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Everything that the cost model takes as given. Immutable.
 *
 * @param rentedMachines machines by the hour
 * @param ownedMachines machines that are bought
 * @param dramModule host memory that is bought
 * @param filesystemTiers filesystems by the month
 * @param ownedFilesystem a filesystem that is bought, per terabyte (10^12 bytes) of use
 * @param electricity per kilowatt-hour
 * @param powerOverhead watts of the building for one of a machine
 * @param amortisationYears years over which what is bought is written off
 */
public record Prices(
    List<RentedMachine> rentedMachines,
    List<OwnedMachine> ownedMachines,
    DramModule dramModule,
    List<FilesystemTier> filesystemTiers,
    Price ownedFilesystem,
    Price electricity,
    Sourced powerOverhead,
    Sourced amortisationYears) {
  public Prices {
    require("rentedMachines", rentedMachines);
    require("ownedMachines", ownedMachines);
    require("dramModule", dramModule);
    require("filesystemTiers", filesystemTiers);
    require("ownedFilesystem", ownedFilesystem);
    require("electricity", electricity);
    require("powerOverhead", powerOverhead);
    require("amortisationYears", amortisationYears);
    rentedMachines = List.copyOf(rentedMachines);
    ownedMachines = List.copyOf(ownedMachines);
    filesystemTiers = List.copyOf(filesystemTiers);
    distinct("rentedMachines", rentedMachines, RentedMachine::name);
    distinct("ownedMachines", ownedMachines, OwnedMachine::name);
    distinct("filesystemTiers", filesystemTiers, FilesystemTier::megabytesPerSecondPerTib);
    if (powerOverhead.value() < 1) {
      throw new IllegalArgumentException(
          "powerOverhead of " + powerOverhead.value() + ": 1 or more");
    }
  }

  /** Those that come with the jar. */
  public static Prices shipped() {
    return StrictJson.resourceObject(Prices.class, "prices.json", Prices.class);
  }

  /**
   * Those of a file.
   *
   * @throws IllegalArgumentException saying what is wrong with it
   * @throws IOException if it cannot be read
   */
  public static Prices read(Path file) throws IOException {
    return StrictJson.object(file, Prices.class);
  }

  static void require(String field, Object value) {
    if (value == null || value instanceof String text && text.isBlank()) {
      throw new IllegalArgumentException(field + " is missing");
    }
  }

  private static <T> void distinct(String field, List<T> entries, Function<T, Object> key) {
    Set<Object> seen = new HashSet<>();
    for (T entry : entries) {
      if (!seen.add(key.apply(entry))) {
        throw new IllegalArgumentException(field + " has two of " + key.apply(entry));
      }
    }
  }

  /** The rented machine of that name. */
  public RentedMachine rented(String name) {
    return rentedMachines.stream()
        .filter(m -> m.name().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "no rented machine \""
                        + name
                        + "\": one of "
                        + rentedMachines.stream()
                            .map(RentedMachine::name)
                            .collect(Collectors.joining(", "))));
  }

  /** The owned machine of that name. */
  public OwnedMachine owned(String name) {
    return ownedMachines.stream()
        .filter(m -> m.name().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "no owned machine \""
                        + name
                        + "\": one of "
                        + ownedMachines.stream()
                            .map(OwnedMachine::name)
                            .collect(Collectors.joining(", "))));
  }

  /** The filesystem of that bandwidth. */
  public FilesystemTier tier(int megabytesPerSecondPerTib) {
    return filesystemTiers.stream()
        .filter(t -> t.megabytesPerSecondPerTib() == megabytesPerSecondPerTib)
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "no filesystem tier of "
                        + megabytesPerSecondPerTib
                        + " MB/s per TiB: one of "
                        + filesystemTiers.stream()
                            .map(t -> String.valueOf(t.megabytesPerSecondPerTib()))
                            .collect(Collectors.joining(", "))));
  }
}
