#!/usr/bin/python
"""An ansible module: what a change will touch on a host is kept there, and put back on request.

It runs on the host, with the host's own Python (3.8 or later), and needs its standard library and what ansible brings.
What is kept lies in one folder a change, which only its owner can read: copies of files, and a record.
"""

import grp
import hashlib
import json
import os
import pwd
import shutil
import stat
import subprocess
import tempfile
import time

from ansible.module_utils.basic import AnsibleModule

_MOST = 256 << 20


def _look(path):
    """What is at a path now, so that a difference shows."""
    try:
        found = os.lstat(path)
    except OSError:
        return {"kind": "absent"}
    told = {"mode": stat.S_IMODE(found.st_mode), "uid": found.st_uid, "gid": found.st_gid}
    if stat.S_ISLNK(found.st_mode):
        return {"kind": "link", "to": os.readlink(path)}
    if stat.S_ISDIR(found.st_mode):
        return dict(told, kind="folder", names=sorted(os.listdir(path)))
    if stat.S_ISREG(found.st_mode):
        total = hashlib.sha256()
        with _opened(path) as file:
            for part in iter(lambda: file.read(1 << 20), b""):
                total.update(part)
        return dict(told, kind="file", sha256=total.hexdigest())
    return {"kind": "other"}


def _opened(path):
    """A file to read. What was put there meanwhile, as a link to something that only we may read, is not followed."""
    return os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb")


def _keep(path, told, to):
    """Copy a file, or a folder that would go, beside the record."""
    if told["kind"] == "file":
        with _opened(path) as file, os.fdopen(os.open(to, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            shutil.copyfileobj(file, out)
    elif told["kind"] == "folder":
        size = sum(os.lstat(os.path.join(at, name)).st_size for at, _, names in os.walk(path) for name in names)
        if size <= _MOST:
            subprocess.run(["cp", "-a", "--", path, to], check=True)


def _package(name):
    """The version of an installed package; empty if it is not."""
    for command in (["dpkg-query", "-W", "-f", "${db:Status-Abbrev} ${Version}", name], ["rpm", "-q", name]):
        if shutil.which(command[0]):
            done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False)
            told = done.stdout.strip()
            if done.returncode == 0 and (command[0] == "rpm" or told.startswith("ii")):
                return told
            return ""
    return "unknown"


def _service(name):
    """Whether a service runs and is enabled; None where nobody can say."""
    if not os.path.isdir("/run/systemd/system"):
        done = subprocess.run(
            ["service", name, "status"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False
        )
        return {"active": done.returncode == 0, "enabled": None}
    asked = {}
    for verb in ("is-active", "is-enabled"):
        asked[verb] = subprocess.run(["systemctl", verb, "--quiet", name], check=False).returncode == 0
    return {"active": asked["is-active"], "enabled": asked["is-enabled"]}


def _account(kind, name):
    try:
        return pwd.getpwnam(name).pw_name if kind == "users" else grp.getgrnam(name).gr_name
    except KeyError:
        return ""


def _now(wanted):
    return {
        "paths": {path: _look(path) for path in wanted.get("paths", ())},
        "packages": {name: _package(name) for name in wanted.get("packages", ())},
        "services": {name: _service(name) for name in wanted.get("services", ())},
        "users": {name: _account("users", name) for name in wanted.get("users", ())},
        "groups": {name: _account("groups", name) for name in wanted.get("groups", ())},
    }


def _save(folder, wanted, trees):
    os.makedirs(os.path.dirname(folder), mode=0o700, exist_ok=True)
    _aside(folder)
    os.mkdir(folder, 0o700)
    before = _now(wanted)
    for number, (path, told) in enumerate(sorted(before["paths"].items())):
        told["copy"] = str(number)
        if told["kind"] == "file" or path in trees:
            _keep(path, told, os.path.join(folder, str(number)))
    _write(folder, {"before": before, "after": None})


def _aside(folder):
    """What was kept of the same change made before stays, under another name."""
    if os.path.isdir(folder):
        os.rename(folder, f"{folder}.{time.time_ns()}")


def _write(folder, record):
    part = os.path.join(folder, ".record")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(record, file)
    os.rename(part, os.path.join(folder, "record.json"))


def _read(folder):
    with open(os.path.join(folder, "record.json")) as file:
        return json.load(file)


def _wanted(record):
    return {kind: sorted(names) for kind, names in record["before"].items()}


def _plain(told):
    return {name: value for name, value in told.items() if name not in ("copy", "names")}


def _conflicts(record):
    """What somebody else has changed since."""
    now, after = _now(_wanted(record)), record["after"]
    if after is None:
        return []
    found = [path for path, told in now["paths"].items() if _plain(told) != _plain(after["paths"][path])]
    for kind in ("packages", "services", "users", "groups"):
        found += [f"{kind[:-1]} {name}" for name, told in now[kind].items() if told != after[kind][name]]
    return sorted(found)


def _put_back(folder, path, told):
    kept = os.path.join(folder, told["copy"])
    now = _look(path)
    if _plain(now) == _plain(told):
        return False
    if told["kind"] == "folder" and now["kind"] != "folder" and os.path.isdir(kept):
        subprocess.run(["cp", "-a", "--", kept, path], check=True)
    if told["kind"] == "absent":
        if now["kind"] == "folder":
            os.rmdir(path)  # only if it is empty: what others put there stays
        else:
            os.unlink(path)
        return True
    if told["kind"] == "link":
        if now["kind"] != "absent":
            os.unlink(path)
        os.symlink(told["to"], path)
        return True
    if told["kind"] == "file":
        _write_back(kept, path, told)
    elif told["kind"] == "folder":
        os.chmod(path, told["mode"])
        os.chown(path, told["uid"], told["gid"])
    return True


def _write_back(kept, path, told):
    """Put a file back under a name that nobody could foresee: others may write in its folder, and put links there."""
    descriptor, part = tempfile.mkstemp(prefix=".aether-", dir=os.path.dirname(path))
    try:
        with os.fdopen(descriptor, "wb") as out, open(kept, "rb") as file:
            shutil.copyfileobj(file, out)
            os.fchown(out.fileno(), told["uid"], told["gid"])
            os.fchmod(out.fileno(), told["mode"])  # after that: a new owner takes set-user-ID away
        os.rename(part, path)
    except OSError:
        os.unlink(part)
        raise


def _restore(folder):
    record = _read(folder)
    before, now = record["before"], _now(_wanted(record))
    # The deepest first where something goes, the shallowest first where something comes back.
    back = sorted(before["paths"].items(), key=lambda one: (one[1]["kind"] != "absent", one[0]))
    gone = [one for one in back if one[1]["kind"] == "absent"][::-1]
    done = [path for path, told in gone + [one for one in back if one not in gone] if _put_back(folder, path, told)]
    inverse = {
        "remove_packages": [name for name, told in before["packages"].items() if not told and now["packages"][name]],
        "install_packages": [name for name, told in before["packages"].items() if told and not now["packages"][name]],
        "remove_users": [name for name, told in before["users"].items() if not told and now["users"][name]],
        "remove_groups": [name for name, told in before["groups"].items() if not told and now["groups"][name]],
        "services": [
            dict(told, name=name) for name, told in before["services"].items() if told != now["services"][name]
        ],
    }
    return done, inverse


def main():
    """One action."""
    module = AnsibleModule(
        {
            "action": {"choices": ["save", "seal", "conflicts", "restore"], "required": True},
            "change": {"type": "str", "required": True},
            "wanted": {"type": "dict", "default": {}},
            "trees": {"type": "list", "elements": "str", "default": []},
        }
    )
    root = "/var/backups/aether" if os.geteuid() == 0 else os.path.expanduser("~/.aether-backups")
    folder = os.path.join(root, module.params["change"])
    action, told = module.params["action"], {}
    try:
        if action == "save":
            _save(folder, module.params["wanted"], module.params["trees"])
        elif not os.path.isfile(os.path.join(folder, "record.json")):
            told = {"absent": True}
        elif action == "seal":
            record = _read(folder)
            _write(folder, dict(record, after=_now(_wanted(record))))
        elif action == "conflicts":
            told = {"conflicts": _conflicts(_read(folder))}
        else:
            told["done"], told["inverse"] = _restore(folder)
            _aside(folder)
    except OSError as error:
        module.fail_json(msg=f"{error.filename or folder}: {error.strerror}")
    module.exit_json(changed=False, aether=dict(told, folder=folder))


if __name__ == "__main__":
    main()
