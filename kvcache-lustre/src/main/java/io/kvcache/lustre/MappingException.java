package io.kvcache.lustre;

/** Memory that the system refused; says which call, and why. */
final class MappingException extends Exception {
  private static final long serialVersionUID = 1L;

  /**
   * @param call what was tried, with its sizes
   * @param result what it returned, an errno negated
   */
  MappingException(String call, long result) {
    super(call + " failed with " + Errno.text((int) -result));
  }
}
