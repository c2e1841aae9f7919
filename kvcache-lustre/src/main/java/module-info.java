/**
 * Native chunk I/O for Lustre and other shared filesystems, under kvcache-core's directory store.
 */
module io.kvcache.lustre {
  requires transitive io.kvcache.core;
}
