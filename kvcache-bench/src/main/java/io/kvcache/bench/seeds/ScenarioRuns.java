package io.kvcache.bench.seeds;

import io.kvcache.bench.io.RunWatch;
import io.kvcache.bench.sim.CostModels;
import io.kvcache.bench.sim.Scenario;
import io.kvcache.bench.sim.ScenarioFile;
import io.kvcache.bench.sim.SimResult;
import io.kvcache.bench.sim.Simulation;
import io.kvcache.bench.ttft.TtftTrial;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.stream.IntStream;

/** Simulates scenarios with and without the filesystem, unless it is known. For one thread. */
final class ScenarioRuns {
  private static final List<String> VARIANTS = List.of("dram", "dram+filesystem");

  private final CostModels costs;
  private final long seed;
  private final TtftTrial.Watch watch;
  private final Map<Scenario, SimResult> known;

  /**
   * @param known results with these costs and this seed; those that are found are added
   */
  ScenarioRuns(CostModels costs, long seed, Map<Scenario, SimResult> known, TtftTrial.Watch watch) {
    this.costs = costs;
    this.seed = seed;
    this.known = known;
    this.watch = watch;
  }

  /** Without the filesystem and with it. */
  record Pair(SimResult before, SimResult after, List<String> assumptions) {}

  /** The scenario as it is. */
  Pair run(String scenario) throws IOException {
    return run(ScenarioFile.open(scenario), scenario);
  }

  /** The scenario with another value, a whole number, in one place. */
  Pair run(String scenario, String constant, double value) throws IOException {
    String whole = String.valueOf(Math.round(value));
    ScenarioFile changed = ScenarioFile.open(scenario).with(constant, whole);
    return run(changed, scenario + ", " + constant + "=" + whole);
  }

  private Pair run(ScenarioFile file, String title) throws IOException {
    List<Scenario> variants = new ArrayList<>();
    for (String name : VARIANTS) {
      variants.add(
          file.variants().stream()
              .filter(v -> v.name().equals(name))
              .findFirst()
              .orElseThrow(() -> new IllegalArgumentException(title + " has no variant " + name))
              .scenario());
    }
    simulate(variants.stream().filter(v -> !known.containsKey(v)).toList(), title);
    Scenario last = variants.get(1);
    return new Pair(known.get(variants.get(0)), known.get(last), last.assumptions());
  }

  private void simulate(List<Scenario> scenarios, String title) throws IOException {
    List<Simulation> simulations = new ArrayList<>();
    long steps = 0;
    for (Scenario scenario : scenarios) {
      Simulation simulation = new Simulation(scenario, costs.of(scenario), seed);
      steps += simulation.requests();
      simulations.add(simulation);
    }
    if (simulations.isEmpty()) {
      return;
    }
    Steps progress = new Steps(watch.phase(title, steps), simulations.size());
    List<SimResult> results =
        IntStream.range(0, simulations.size())
            .parallel()
            .mapToObj(i -> simulations.get(i).run(done -> progress.goOn(i, done)))
            .toList();
    if (progress.ended) {
      throw new CancellationException("ended in " + title);
    }
    for (int i = 0; i < scenarios.size(); i++) {
      known.put(scenarios.get(i), results.get(i));
    }
  }

  /** Progress of several simulations on several threads as that of one. */
  private static final class Steps {
    private final RunWatch watch;
    private final int[] done;
    private boolean ended;

    Steps(RunWatch watch, int simulations) {
      this.watch = watch;
      done = new int[simulations];
    }

    synchronized boolean goOn(int simulation, int itsDone) {
      done[simulation] = itsDone;
      ended |= !watch.goOn(IntStream.of(done).sum());
      return !ended;
    }
  }
}
