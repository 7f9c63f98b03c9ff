"""Files that are looked at in people's homes, and homes that are not visited. Python 3.6 grammar."""

DOT_FILES = (
    ".bash_history", ".bash_login", ".bash_logout", ".bash_profile", ".bashrc", ".cshrc", ".dbshell", ".exrc",
    ".forward", ".gitconfig", ".git-credentials", ".history", ".inputrc", ".kshrc", ".lesshst", ".login", ".logout",
    ".mkshrc", ".my.cnf", ".mysql_history", ".netrc", ".pgpass", ".profile", ".psql_history", ".python_history",
    ".rhosts", ".sh_history", ".shosts", ".shrc", ".tcshrc", ".viminfo", ".vimrc", ".xinitrc", ".xsession",
    ".xprofile", ".zlogin", ".zprofile", ".zsh_history", ".zshenv", ".zshrc", ".ssh/authorized_keys", ".ssh/config",
    ".ssh/rc", ".ssh/environment",
)  # fmt: skip
"""By name below the home; only what the file system says of them is told."""

REMOTE = frozenset(
    [
        "autofs",
        "nfs",
        "nfs4",
        "cifs",
        "smb3",
        "smbfs",
        "afs",
        "ceph",
        "glusterfs",
        "fuse.glusterfs",
        "fuse.sshfs",
        "lustre",
        "gpfs",
        "9p",
        "davfs",
        "fuse.davfs",
        "ncpfs",
        "coda",
        "ocfs2",
        "gfs2",
        "beegfs",
        "virtiofs",
    ]
)
"""Types of file systems over a network: a look at them may hang, or mount something."""
