"""What can go wrong with backups, and what to do about it."""

from tocsin.errors import Error


class BackupFolderError(Error):
    """This folder cannot hold the backup."""

    code = "backup.folder"
    advice = "Name an empty folder, one to be made, or one that holds an earlier backup of this home."


class BackupBusyError(Error):
    """Another process is writing this backup."""

    code = "backup.busy"
    advice = "Wait until it is done, or name another folder."


class NoBackupError(Error):
    """There is no whole backup in this folder."""

    code = "backup.none"
    advice = "A backup is whole when it has a manifest.json; run `tocsin admin backup` again to complete it."


class FutureBackupError(Error):
    """The backup was made by another version of Tocsin."""

    code = "backup.version"
    advice = "Restore it with the version that made it (manifest.json names it), then upgrade."


class BackupDamagedError(Error):
    """The backup is damaged."""

    code = "backup.damaged"
    advice = "Nothing was restored. Use another backup, or another copy of this one."


class RestorePlaceError(Error):
    """The backup cannot be restored there."""

    code = "backup.place"
    advice = "Restore into a folder that does not exist yet or is empty, and into an empty database."
