package io.kvcache.bench.io;

import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * What one side did in all rounds.
 *
 * @param name which side
 * @param writes a pass of each round
 * @param reads a pass of each round
 * @param verified images that were compared, once, and right to the last byte
 */
public record SideResult(String name, List<Measured> writes, List<Measured> reads, int verified) {
  public SideResult {
    writes = List.copyOf(writes);
    reads = List.copyOf(reads);
  }

  /** The middle one of the rounds' writes. */
  public double write(ToDoubleFunction<Measured> value) {
    return Measured.median(writes, value);
  }

  /** The middle one of the rounds' reads. */
  public double read(ToDoubleFunction<Measured> value) {
    return Measured.median(reads, value);
  }
}
