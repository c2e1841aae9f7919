package io.kvcache.bench.report;

import java.util.Arrays;
import java.util.concurrent.CancellationException;
import java.util.function.Consumer;

/**
 * Times what is short by repeating it in this JVM; less careful than JMH, which sections name for
 * whoever wants to know exactly.
 *
 * @param warmUps runs that do not count
 * @param runs that count
 */
record Stopwatch(int warmUps, int runs) {
  /** Something that is timed. */
  @FunctionalInterface
  interface Work {
    /** Returns something, so that it has to be done. */
    Object run() throws Exception;
  }

  int steps() {
    return warmUps + runs;
  }

  /**
   * The middle one of the runs, in microseconds.
   *
   * @param eachRun is called after each and may throw
   * @throws CancellationException if that did
   */
  double medianMicros(Work work, Consumer<Object> eachRun) {
    double[] micros = new double[runs];
    for (int i = -warmUps; i < runs; i++) {
      long start = System.nanoTime();
      Object result;
      try {
        result = work.run();
      } catch (RuntimeException e) {
        throw e;
      } catch (Exception e) {
        throw new IllegalStateException("what was timed broke", e);
      }
      if (i >= 0) {
        micros[i] = (System.nanoTime() - start) / 1e3;
      }
      eachRun.accept(result);
    }
    Arrays.sort(micros);
    return micros[runs / 2];
  }
}
