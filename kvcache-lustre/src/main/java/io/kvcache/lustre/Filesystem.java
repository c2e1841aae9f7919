package io.kvcache.lustre;

/** Kinds of filesystem, by the number that statfs(2) gives. */
enum Filesystem {
  LUSTRE("lustre", 0x0BD00BD0L, true),
  EXT("ext4", 0xEF53L, false),
  XFS("xfs", 0x58465342L, false),
  BTRFS("btrfs", 0x9123683EL, false),
  F2FS("f2fs", 0xF2F52010L, false),
  ZFS("zfs", 0x2FC12FC1L, false),
  TMPFS("tmpfs", 0x01021994L, false),
  OVERLAY("overlayfs", 0x794C7630L, false),
  NFS("nfs", 0x6969L, true),
  CEPH("cephfs", 0x00C36400L, true),
  GPFS("gpfs", 0x47504653L, true),
  BEEGFS("beegfs", 0x19830326L, true),
  WEKA("wekafs", 0x18031977L, true),
  SMB("smb", 0xFE534D42L, true),
  NINE_P("9p", 0x01021997L, true),
  FUSE("fuse", 0x65735546L, true),
  UNKNOWN("unknown", 0, false);

  private final String label;
  private final long magic;
  private final boolean shared;

  Filesystem(String label, long magic, boolean shared) {
    this.label = label;
    this.magic = magic;
    this.shared = shared;
  }

  static Filesystem of(long magic) {
    for (Filesystem known : values()) {
      if (known.magic == (magic & 0xFFFFFFFFL) && known != UNKNOWN) {
        return known;
      }
    }
    return UNKNOWN;
  }

  /** Its usual name. */
  String label() {
    return label;
  }

  long magic() {
    return magic;
  }

  /** Whether other machines usually see the same files. */
  boolean isShared() {
    return shared;
  }
}
