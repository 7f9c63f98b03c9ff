"""What the walk over all file systems leaves out. Python 3.6 grammar."""

LOCAL = frozenset(
    [
        "ext2",
        "ext3",
        "ext4",
        "xfs",
        "btrfs",
        "f2fs",
        "jfs",
        "reiserfs",
        "zfs",
        "bcachefs",
        "nilfs2",
        "overlay",
        "tmpfs",
        "ramfs",
        "rootfs",
        "erofs",
        "ocfs2",
        "gfs2",
        "minix",
        "ufs",
    ]
)
"""Types of file systems that lie on this host and know owners and modes."""

PRUNED = (
    "/proc", "/sys", "/dev/pts", "/run/user", "/run/containerd", "/run/docker", "/var/lib/docker",
    "/var/lib/containers/storage", "/var/lib/containerd", "/var/lib/kubelet", "/var/lib/lxc", "/var/lib/lxd",
    "/var/lib/incus", "/var/lib/machines", "/var/lib/rancher", "/var/snap", "/snap",
)  # fmt: skip
"""Folders of containers: what lies in them belongs to users that only their own files know."""
