/**
 * Native chunk I/O for Lustre and other shared filesystems, under kvcache-core's directory store.
 */
@SuppressWarnings("requires-automatic")
module io.kvcache.lustre {
  requires transitive io.kvcache.core;
  requires com.sun.jna;
  // How much memory the machine or the container has; nothing else in the JDK knows of containers.
  requires jdk.management;
  requires org.slf4j;
  // The admin command line only, which brings its own.
  requires static com.fasterxml.jackson.databind;
  requires static info.picocli;

  exports io.kvcache.lustre;

  opens io.kvcache.lustre.cli to
      com.fasterxml.jackson.databind,
      info.picocli;
}
