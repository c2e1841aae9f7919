package io.kvcache.bench.sim;

import io.kvcache.bench.replay.RequestPath;
import java.util.OptionalInt;
import java.util.stream.Stream;

/** The requests of a run, the same for every variant. */
interface Workload {
  /** How many there are. */
  int requests();

  /** Tokens of a block of the paths. */
  int blockTokens();

  /** What a request asks for and leaves behind. */
  RequestPath path(int request);

  /** When a request arrives, in seconds from the start, if it does not wait for another's end. */
  double arrival(int request);

  /** How many are under way at once: each begins when another ends. Empty if they arrive. */
  OptionalInt concurrency();

  /** Paths that were computed and stored before the first request, least popular first. */
  default Stream<int[]> stored() {
    return Stream.empty();
  }
}
