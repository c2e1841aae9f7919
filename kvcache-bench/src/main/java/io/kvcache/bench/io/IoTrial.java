package io.kvcache.bench.io;

import io.kvcache.spi.HostMemory;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Stores of one or more kinds next to fio, on one disk, with images of one size: writes new files
 * and reads them back cold, in rounds. Everything that it writes is removed in the end.
 */
public final class IoTrial {
  /** What must stay free while all sides' files are there. */
  private static final long SPARE_BYTES = 64L << 20;

  private static final int MOST_ROUNDS = 1000;

  private final Path directory;
  private final IoShape shape;
  private final List<StoreKind> kinds;
  private final SlotMemory memory;
  private final boolean fioHugePages;
  private final int rounds;
  private final Optional<String> fioMissing = Fio.unavailable();

  /**
   * @param directory exists
   * @param kinds which stores, in the order of the first round
   * @param memory where the stores' slots are
   * @param fioHugePages whether fio's buffers are in huge pages
   */
  public IoTrial(
      Path directory,
      IoShape shape,
      List<StoreKind> kinds,
      SlotMemory memory,
      boolean fioHugePages,
      int rounds) {
    if (rounds < 1 || rounds > MOST_ROUNDS) {
      throw new IllegalArgumentException(rounds + " rounds: from 1 to " + MOST_ROUNDS);
    }
    for (StoreKind kind : kinds) {
      kind.unavailable()
          .ifPresent(
              why -> {
                throw new IllegalArgumentException("no " + kind.label() + " store here: " + why);
              });
    }
    this.directory = directory;
    this.shape = shape;
    this.kinds = List.copyOf(kinds);
    this.memory = memory;
    this.fioHugePages = fioHugePages;
    this.rounds = rounds;
  }

  /** Images that the run writes and reads, as its watch counts them. */
  public long steps() {
    return Rounds.steps(sides(), shape.images(), rounds);
  }

  private int sides() {
    return kinds.size() + (fioMissing.isPresent() ? 0 : 1);
  }

  /**
   * Measures. Ends early, with the rounds that it has, if the watch says so.
   *
   * @throws IllegalArgumentException if disk or memory has no room for it
   * @throws IoFailedException if a store could not write or read
   */
  public IoResult run(RunWatch watch) throws IOException, InterruptedException {
    DiskSpace.require(
        directory,
        (long) shape.images() * sides(),
        shape.imageBytes(),
        SPARE_BYTES,
        "use fewer or smaller chunks");
    Payload payload = new Payload(shape.slotBytes());
    try (TemporaryFolder work = TemporaryFolder.in(directory);
        Clients clients = clients(payload)) {
      return measure(work.path(), payload, clients, watch);
    }
  }

  private Clients clients(Payload payload) {
    HostMemory slots = memory.open();
    try {
      return new Clients(shape.busyThreads(), shape.slotBytes(), slots, payload);
    } catch (OutOfMemoryError e) {
      int count = shape.busyThreads() + 1;
      throw new IllegalArgumentException(
          String.format(
              "%d slots of %d bytes are more than %s has: %s, or use fewer threads",
              count,
              shape.imageBytes(),
              slots,
              slots.remedy(count * (shape.imageBytes() + IoShape.PAGE_BYTES))),
          e);
    }
  }

  private IoResult measure(Path work, Payload payload, Clients clients, RunWatch watch)
      throws IOException, InterruptedException {
    List<StoreSide> stores = new ArrayList<>();
    for (StoreKind kind : kinds) {
      stores.add(new StoreSide(kind, work.resolve(kind.label()), shape, clients, payload));
    }
    List<IoSide> sides = new ArrayList<>(stores);
    Optional<FioSide> fio = Optional.empty();
    if (fioMissing.isEmpty()) {
      fio =
          Optional.of(
              new FioSide(work.resolve("fio"), shape, stores.get(0).mode().direct(), fioHugePages));
      sides.add(fio.get());
    }
    Rounds all = new Rounds(sides, shape.images(), watch);
    all.run(rounds);
    return new IoResult(
        stores.stream()
            .map(side -> new IoResult.Store(all.result(side), side.mode(), side.warm()))
            .toList(),
        fio.map(
            side ->
                new IoResult.Fio(all.result(side), side.command("write"), side.command("read"))),
        fioMissing,
        all.interrupted() ? List.of() : readByOthers(stores),
        ChecksumCost.secondsPerGib(clients.slots()));
  }

  /** Every store's files, read and compared by each other kind. */
  private List<IoResult.ReadByOther> readByOthers(List<StoreSide> stores)
      throws InterruptedException {
    List<IoResult.ReadByOther> all = new ArrayList<>();
    for (StoreSide writer : stores) {
      for (StoreKind reader : kinds) {
        if (!reader.label().equals(writer.name())) {
          int right = writer.readBy(reader).verify(RunWatch.NONE);
          all.add(new IoResult.ReadByOther(writer.name(), reader.label(), right));
        }
      }
    }
    return all;
  }
}
