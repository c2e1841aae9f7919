package io.kvcache.bench.model;

import java.util.EnumMap;
import java.util.Map;

/**
 * What an accelerator can do, and how much of it a prefill and a decode step get. Bandwidths are in
 * bytes per second and one direction. Immutable.
 *
 * @param name what it is called on the command line
 * @param title what it is called in print
 * @param peakFlops floating-point operations per second without sparsity
 * @param efficiency share of that peak which a prefill reaches, one number for every model
 * @param hbmBytes its memory
 * @param usableHbm share of that memory which an engine gives to weights, keys and values
 * @param hbmBandwidth of its memory
 * @param hbmEfficiency share of that bandwidth which a decode step reaches
 * @param linkBandwidth to the other accelerators of its group
 * @param allReduceTraffic bytes that an accelerator sends for one byte that is summed over the
 *     group: 2 for a ring, 1 where the switch adds up
 * @param hostBandwidth to the memory of its host
 */
public record Accelerator(
    String name,
    String title,
    Map<Precision, Sourced> peakFlops,
    Map<Precision, Sourced> efficiency,
    Sourced hbmBytes,
    Sourced usableHbm,
    Sourced hbmBandwidth,
    Sourced hbmEfficiency,
    Sourced linkBandwidth,
    Sourced allReduceTraffic,
    Sourced hostBandwidth)
    implements Named {
  public Accelerator {
    Named.require("name", name);
    Named.require(name + ": title", title);
    Named.require(name + ": peakFlops", peakFlops);
    Named.require(name + ": efficiency", efficiency);
    Named.require(name + ": hbmBytes", hbmBytes);
    Named.require(name + ": usableHbm", usableHbm);
    Named.require(name + ": hbmBandwidth", hbmBandwidth);
    Named.require(name + ": hbmEfficiency", hbmEfficiency);
    Named.require(name + ": linkBandwidth", linkBandwidth);
    Named.require(name + ": allReduceTraffic", allReduceTraffic);
    Named.require(name + ": hostBandwidth", hostBandwidth);
    peakFlops = Map.copyOf(peakFlops);
    efficiency = Map.copyOf(efficiency);
    if (!efficiency.keySet().equals(peakFlops.keySet())) {
      throw new IllegalArgumentException(
          name
              + ": peakFlops for "
              + peakFlops.keySet()
              + ", efficiency for "
              + efficiency.keySet()
              + ": the same precisions");
    }
    efficiency.forEach((p, share) -> share("efficiency of " + p, share));
    share("usableHbm", usableHbm);
    share("hbmEfficiency", hbmEfficiency);
  }

  private static void share(String field, Sourced share) {
    if (share.value() > 1) {
      throw new IllegalArgumentException(field + " is " + share.value() + ": at most 1");
    }
  }

  /** This accelerator with another efficiency of its prefills. */
  public Accelerator withEfficiency(Precision precision, Sourced share) {
    Map<Precision, Sourced> changed = new EnumMap<>(efficiency);
    changed.put(precision, share);
    return new Accelerator(
        name,
        title,
        peakFlops,
        changed,
        hbmBytes,
        usableHbm,
        hbmBandwidth,
        hbmEfficiency,
        linkBandwidth,
        allReduceTraffic,
        hostBandwidth);
  }
}
