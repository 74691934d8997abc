"""Kept files: images, sounds and other bytes of an answer, in a folder beside the reports, for people to open.

They lie unsealed, since people open them with programs of their own: the folder is closed to everybody but its owner,
each file has the name of its content, and an ending that no program runs. What is too large is not kept; what is older
than a month goes when something new comes.
"""

import base64
import binascii
import hashlib
import os
import re
import time
from pathlib import Path

from aether_agents.process.private_folder import make_private, replace_private

#: Bytes of one file that is kept, and of all of them.
LARGEST, ALL = 8 << 20, 256 << 20
#: Seconds a file is kept at least as long as there is room: thirty days.
LASTS = 30 * 86_400.0
#: The folder in AETHER_HOME.
FOLDER = Path("reports") / "files"

#: Endings by type. What could run where it is opened (HTML, SVG, scripts) has none of its own.
ENDINGS = {
    "image/png": ".png",
    "image/jpeg": ".jpg",
    "image/gif": ".gif",
    "image/webp": ".webp",
    "image/avif": ".avif",
    "image/bmp": ".bmp",
    "image/tiff": ".tiff",
    "audio/wav": ".wav",
    "audio/x-wav": ".wav",
    "audio/mpeg": ".mp3",
    "audio/mp3": ".mp3",
    "audio/ogg": ".ogg",
    "audio/flac": ".flac",
    "audio/mp4": ".m4a",
    "audio/webm": ".webm",
    "video/mp4": ".mp4",
    "application/pdf": ".pdf",
    "application/zip": ".zip",
    "text/csv": ".csv",
    "text/plain": ".txt",
}
_OURS = re.compile(r"[0-9a-f]{40}\.[a-z0-9]{2,4}")


class KeptFiles:
    """Keeps the bytes of answers."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._folder = home.absolute() / FOLDER

    def keep(self, kind: str, data: str) -> str:
        """Keep what base64 says; where it lies, or why it is not kept, in words."""
        if len(data) * 3 // 4 > LARGEST:
            return f"not kept: over {LARGEST >> 20} MiB"
        try:
            content = base64.b64decode(data, validate=True)
        except (binascii.Error, ValueError):
            return "not kept: it is no base64"
        if not content:
            return "empty"
        name = hashlib.sha256(content).hexdigest()[:40] + ENDINGS.get(kind.partition(";")[0].strip().lower(), ".bin")
        try:
            return f"{len(content):,} bytes in {self._written(name, content)}"
        except OSError as error:
            return f"not kept: {error.strerror or error}"

    def _written(self, name: str, content: bytes) -> Path:
        make_private(self._home)
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._make_room(len(content))
        path = self._folder / name
        replace_private(path, content)
        return path

    def _make_room(self, size: int) -> None:
        """Remove what is old, and then the oldest until there is room."""
        found = [(entry.stat(), Path(entry.path)) for entry in os.scandir(self._folder) if _OURS.fullmatch(entry.name)]
        found.sort(key=lambda one: one[0].st_mtime)
        room = ALL - size - sum(stat.st_size for stat, _ in found)
        for stat, path in found:
            if room >= 0 and stat.st_mtime > time.time() - LASTS:
                break
            path.unlink(missing_ok=True)
            room += stat.st_size
