# SPDX-FileCopyrightText: 2026 The Ecdysis developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs `reuse lint` on the tracked files. Debian 12's reuse knows the older .reuse/dep5 but not REUSE.toml, so the
check works on a copy in which the one is written as the other. Usage: licences.py SOURCE_FOLDER"""

import pathlib
import shutil
import subprocess
import sys
import tempfile
import tomllib

source = pathlib.Path(sys.argv[1])
if shutil.which("reuse") is None or not (source / ".git").exists():
    print("reuse or the git history is absent: skipped")
    sys.exit(77)

tracked = subprocess.run(
    ["git", "-c", f"safe.directory={source}", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
    cwd=source, check=True, capture_output=True).stdout.decode().split("\0")
with tempfile.TemporaryDirectory() as folder:
    copy = pathlib.Path(folder)
    for name in filter(None, tracked):
        if (source / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source / name, copy / name)

    annotations = tomllib.loads((copy / "REUSE.toml").read_text())["annotations"]
    (copy / "REUSE.toml").unlink()
    paragraphs = ["Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/"]
    for entry in annotations:
        paths = entry["path"] if isinstance(entry["path"], list) else [entry["path"]]
        files = " ".join(path.replace("**", "*") for path in paths)
        paragraphs.append(f"Files: {files}\nCopyright: {entry['SPDX-FileCopyrightText']}\n"
                          f"License: {entry['SPDX-License-Identifier']}")
    (copy / ".reuse").mkdir()
    (copy / ".reuse" / "dep5").write_text("\n\n".join(paragraphs) + "\n")
    sys.exit(subprocess.run(["reuse", "lint"], cwd=copy).returncode)
