"""Kernel modules that are looked for; others are told where they are loaded. Python 3.6 grammar."""

from typing import Tuple

FILE_SYSTEMS = (
    "afs", "btrfs", "ceph", "cifs", "cramfs", "erofs", "ext2", "f2fs", "fat", "freevxfs", "fscache", "fuse", "gfs2",
    "hfs", "hfsplus", "iso9660", "isofs", "jffs2", "jfs", "minix", "nfs", "nfsd", "nfs_common", "ntfs", "ntfs3",
    "ocfs2", "overlay", "overlayfs", "reiserfs", "smbfs_common", "squashfs", "sysv", "udf", "ufs", "vfat", "xfs",
)  # fmt: skip

NETWORKS = (
    "af_802154", "appletalk", "atm", "ax25", "batman_adv", "bluetooth", "bnep", "btusb", "can", "dccp", "dccp_ipv4",
    "dccp_ipv6", "decnet", "econet", "ipx", "llc2", "n_hdlc", "netrom", "p8022", "p8023", "psnap", "rds", "rose",
    "sctp", "tipc", "x25", "cfg80211", "mac80211", "ip_tables", "ip6_tables", "nf_tables", "wireguard", "tun",
)  # fmt: skip

DEVICES = (
    "firewire_core", "firewire_ohci", "firewire_sbp2", "ohci1394", "sbp2", "floppy", "pcspkr", "thunderbolt", "uas",
    "usb_storage", "uvcvideo", "vivid", "joydev", "mei", "mei_me", "gnss", "i2c_i801", "kvm", "efivarfs",
)  # fmt: skip

MODULES: Tuple[str, ...] = FILE_SYSTEMS + NETWORKS + DEVICES
"""By their names as the kernel has them, with `_`."""
