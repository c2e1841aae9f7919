package io.kvcache.bench.seeds;

import java.util.ArrayList;
import java.util.List;

/**
 * A curve of the two charts, in numbers.
 *
 * @param place where reused tokens are
 * @param reusePercent of the prompt
 * @param ttftSeconds modelled time to first token
 * @param dollars modelled cost of 100M tokens
 */
public record Curve(
    String place, List<Integer> reusePercent, List<Double> ttftSeconds, List<Double> dollars) {
  static List<Curve> all(StorageModel model) {
    List<Curve> curves = new ArrayList<>();
    for (StorageModel.Place place : StorageModel.Place.values()) {
      curves.add(
          new Curve(
              place.title,
              StorageModel.LEVELS,
              StorageModel.LEVELS.stream().map(r -> model.ttft(place, r)).toList(),
              StorageModel.LEVELS.stream().map(r -> model.dollars(place, r)).toList()));
    }
    return curves;
  }
}
