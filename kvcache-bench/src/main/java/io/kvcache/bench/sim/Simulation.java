package io.kvcache.bench.sim;

import io.kvcache.PromptKeys;
import io.kvcache.bench.replay.PathKeys;
import java.io.IOException;
import java.util.Iterator;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.IntPredicate;

/** One run of a scenario in virtual time. For one thread, once. */
public final class Simulation {
  private final EventQueue events = new EventQueue();
  private final Scenario scenario;
  private final Workload workload;
  private final Optional<FileTier> files;
  private final Node[] nodes;
  private final Router router;
  private final Measurement measurement;
  private final boolean looksUp;
  private int started;
  private int done;

  /**
   * @param seed of generated requests and of routing by chance
   * @throws IllegalArgumentException if the scenario contradicts itself, or its trace is damaged
   * @throws IOException if its trace cannot be read
   */
  public Simulation(Scenario scenario, ServingCost cost, long seed) throws IOException {
    this.scenario = scenario;
    workload = scenario.workload().open(scenario.chunkTokens(), seed);
    int chunkTokens = workload.blockTokens();
    double chunkBytes = chunkTokens * cost.kvBytesPerToken();
    int count = scenario.nodes();
    files =
        Optional.ofNullable(scenario.filesystem())
            .map(settings -> new FileTier(events, settings, count, chunkBytes));
    measurement =
        new Measurement(
            events,
            workload.requests(),
            (int) (workload.requests() * scenario.warmUp()),
            chunkTokens);
    nodes = new Node[count];
    Served served = new Listener();
    for (int n = 0; n < count; n++) {
      nodes[n] = new Node(n, events, scenario, cost, chunkBytes, chunkTokens, files, served);
    }
    router = new Router(scenario.routing(), nodes, ~seed);
    looksUp = files.isPresent() || scenario.dram() != null || scenario.hbm().cache();
  }

  /** How many requests a run has. */
  public int requests() {
    return workload.requests();
  }

  /**
   * Runs until the last request has ended.
   *
   * @param goOn gets the number of requests that have ended; the run ends early when it says false
   */
  public SimResult run(IntPredicate goOn) {
    storeBefore();
    OptionalInt concurrency = workload.concurrency();
    if (concurrency.isPresent()) {
      for (int i = 0; i < Math.min(concurrency.getAsInt(), workload.requests()); i++) {
        events.at(0, this::arrive);
      }
    } else {
      events.at(workload.arrival(0), this::arrive);
    }
    int told = 0;
    boolean on = true;
    while (on && done < workload.requests() && events.next()) {
      if (done != told) {
        told = done;
        on = goOn.test(done);
      }
    }
    SimResult result = measurement.result(scenario, nodes, files);
    for (Node node : nodes) {
      node.close();
    }
    files.ifPresent(tier -> tier.chunks.close());
    return result;
  }

  private void storeBefore() {
    int turn = 0;
    Iterator<int[]> paths = workload.stored().iterator();
    while (paths.hasNext()) {
      PromptKeys keys = PathKeys.of(paths.next());
      nodes[turn++ % nodes.length].store(keys);
    }
  }

  private void arrive() {
    if (started == workload.requests()) {
      return; // two ended in one step, and one was left to come
    }
    int index = started++;
    measurement.arrives(index, nodes, files);
    SimRequest request =
        new SimRequest(index, workload.path(index), measurement.isMeasured(index), events.now());
    Node node = router.route(request);
    node.assigned(request);
    events.in(looksUp ? scenario.lookupSeconds() : 0, () -> node.lookUp(request));
    if (workload.concurrency().isEmpty() && started < workload.requests()) {
      events.at(workload.arrival(started), this::arrive);
    }
  }

  private final class Listener implements Served {
    @Override
    public void firstToken(SimRequest request) {
      measurement.firstToken(request);
    }

    @Override
    public void ended(SimRequest request) {
      measurement.ended(request);
      next();
    }

    @Override
    public void refused(SimRequest request) {
      measurement.refused(request);
      next();
    }

    private void next() {
      done++;
      if (workload.concurrency().isPresent()) {
        events.in(0, Simulation.this::arrive);
      }
    }
  }
}
