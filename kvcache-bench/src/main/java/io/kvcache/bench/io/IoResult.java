package io.kvcache.bench.io;

import io.kvcache.spi.IoMode;
import java.util.List;
import java.util.Optional;

/**
 * What an {@link IoTrial} measured.
 *
 * @param stores in the order they were asked for
 * @param fio none where it is not installed
 * @param fioMissing why there is none
 * @param readByOther files of one kind of store read by another, with several kinds
 * @param checksumSecondsPerGib processor time of checksums alone, measured in the same run
 */
public record IoResult(
    List<Store> stores,
    Optional<Fio> fio,
    Optional<String> fioMissing,
    List<ReadByOther> readByOther,
    double checksumSecondsPerGib) {
  public IoResult {
    stores = List.copyOf(stores);
    readByOther = List.copyOf(readByOther);
  }

  /**
   * A store.
   *
   * @param measured its passes
   * @param mode how its bytes reached the disk
   * @param warm why reads were not cold, if they were not
   */
  public record Store(SideResult measured, IoMode mode, Optional<String> warm) {}

  /**
   * fio.
   *
   * @param measured its passes
   * @param writeCommand what was run to write
   * @param readCommand what was run to read
   */
  public record Fio(SideResult measured, String writeCommand, String readCommand) {}

  /**
   * Files of one store, read by another.
   *
   * @param writer who wrote them
   * @param reader who read them
   * @param right images that were right to the last byte
   */
  public record ReadByOther(String writer, String reader, int right) {}

  /** Rounds that were measured whole. */
  public int rounds() {
    return stores.get(0).measured().reads().size();
  }
}
