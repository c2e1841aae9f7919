package io.kvcache.lustre;

import java.util.Optional;

/**
 * What became of a directory's default layout.
 *
 * @param kind in one word
 * @param reason what was found, for people
 * @param layout the default that the directory has now, as far as that is known; without one the
 *     filesystem's holds
 */
record StripingOutcome(Kind kind, String reason, Optional<LovLayout> layout) {
  enum Kind {
    /** It was set, and reads back as that. */
    SET,
    /** Nothing was to be set, or the directory had it. */
    KEPT,
    /** The filesystem does not allow it, or we do not. */
    REFUSED,
    /** The filesystem has no layouts. */
    NOT_LUSTRE,
    /** The filesystem said yes and did something else. */
    READ_BACK_DIFFERS
  }

  /** Whether files of this directory are laid out otherwise than the policy wanted. */
  boolean isTrouble() {
    return kind == Kind.REFUSED || kind == Kind.READ_BACK_DIFFERS;
  }

  @Override
  public String toString() {
    return kind + " (" + reason + ")";
  }
}
