package io.kvcache.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class OwnerTokenTest {
  @Test
  void tokensAreALowerAnUpperAndSixBase62CharactersAndDiffer() {
    Set<String> tokens = new HashSet<>();
    for (int i = 0; i < 10_000; i++) {
      String token = OwnerToken.create();
      assertTrue(token.matches("[a-z][A-Z][A-Za-z0-9]{6}"), token);
      tokens.add(token);
    }
    assertEquals(10_000, tokens.size());
  }
}
