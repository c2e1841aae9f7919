/**
 * KV-cache offload for Java inference servers. {@code jdk.unsupported} is required for O_DIRECT:
 * without it I/O on the module path would silently be buffered.
 */
@SuppressWarnings({"module", "requires-automatic"})
module io.kvcache.core {
  requires com.fasterxml.jackson.databind;
  requires io.netty.buffer;
  requires io.netty.common;
  requires jdk.unsupported;
  requires org.slf4j;

  exports io.kvcache;
  exports io.kvcache.spi;
  exports io.kvcache.store;
  exports io.kvcache.tier to
      io.kvcache.lustre;
  exports io.kvcache.prefix to
      io.kvcache.lustre;
}
