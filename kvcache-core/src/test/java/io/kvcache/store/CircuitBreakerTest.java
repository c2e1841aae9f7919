package io.kvcache.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kvcache.store.CircuitBreaker.State;
import org.junit.jupiter.api.Test;

class CircuitBreakerTest {
  private static final long SECOND = 1_000_000_000L;
  private static final long WINDOW = 5 * SECOND;

  private long now = Long.MAX_VALUE - SECOND; // wraps around
  private final CircuitBreaker breaker = new CircuitBreaker("tests", WINDOW, () -> now);

  private void trouble(int files) {
    for (int i = 0; i < files; i++) {
      breaker.failed("file " + i);
    }
  }

  private void open() {
    trouble(CircuitBreaker.TROUBLES);
    assertEquals(State.OPEN, breaker.state());
  }

  @Test
  void troubleWithSeveralFilesAndNoSuccessBetweenOpensIt() {
    trouble(CircuitBreaker.TROUBLES - 1);
    assertTrue(breaker.enter());
    breaker.failed("another");
    assertEquals(State.OPEN, breaker.state());
    assertFalse(breaker.enter());
    assertTrue(breaker.isShut());
    assertEquals(1, breaker.trips());
  }

  @Test
  void aSuccessBetweenStartsTheCountAgain() {
    for (int i = 0; i < 10; i++) {
      trouble(CircuitBreaker.TROUBLES - 1);
      breaker.succeeded();
    }
    assertEquals(State.CLOSED, breaker.state());
  }

  @Test
  void oneBadFileNeverOpensIt() {
    for (int i = 0; i < 100; i++) {
      breaker.failed("the same");
    }
    assertEquals(State.CLOSED, breaker.state());
    assertTrue(breaker.enter());
  }

  @Test
  void afterTheWindowOneCallIsLetThroughAndItsSuccessClosesIt() {
    open();
    now += WINDOW - 1;
    assertFalse(breaker.enter());
    now++;
    assertFalse(breaker.isShut());
    assertTrue(breaker.enter());
    assertEquals(State.HALF_OPEN, breaker.state());
    assertFalse(breaker.enter(), "one is enough to find out");
    breaker.succeeded();
    assertEquals(State.CLOSED, breaker.state());
    assertTrue(breaker.enter());
    assertTrue(breaker.enter());
  }

  @Test
  void eachTrialThatFailsDoublesTheWindowUpToAMinuteAndASuccessResetsIt() {
    open();
    long window = WINDOW;
    for (int i = 0; i < 6; i++) {
      now += window - 1;
      assertFalse(breaker.enter(), window + " ns");
      now++;
      assertTrue(breaker.enter());
      breaker.failed("trial");
      window = Math.min(2 * window, 60 * SECOND);
    }
    assertEquals(60 * SECOND, window);
    now += window;
    assertTrue(breaker.enter());
    breaker.succeeded();
    open();
    now += WINDOW;
    assertTrue(breaker.enter());
    assertEquals(2, breaker.trips());
  }

  @Test
  void aTrialThatToldNothingIsFollowedByAnother() {
    open();
    now += WINDOW;
    for (int i = 0; i < 3; i++) {
      assertTrue(breaker.enter());
      breaker.undecided();
    }
    assertEquals(State.OPEN, breaker.state());
    assertTrue(breaker.enter());
    breaker.succeeded();
    breaker.undecided();
    assertEquals(State.CLOSED, breaker.state());
  }

  @Test
  void aCallThatBeganBeforeClosesItBySucceeding() {
    open();
    breaker.succeeded();
    assertTrue(breaker.enter());
  }

  @Test
  void troubleOfCallsThatBeganBeforeDoesNotKeepItOpen() {
    open();
    now += WINDOW - 1;
    trouble(100);
    now++;
    assertTrue(breaker.enter());
  }

  @Test
  void aHungCallThatReturnsBringsTheTrialForward() {
    open();
    breaker.stirred();
    assertTrue(breaker.enter());
    breaker.stirred();
    assertEquals(State.HALF_OPEN, breaker.state());
    breaker.succeeded();
    breaker.stirred();
    assertEquals(State.CLOSED, breaker.state());
  }
}
