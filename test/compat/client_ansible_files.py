"""Ansible with files in the guest: a module for them, and a connection that is made of them."""
import hashlib
import json
import os
import random

from common import (PASSWORD, USER, VM_NAME, VM_UUID, Unavailable, check, directory_in_guest, env,
                    fails, is_there, local_file, run, sha256_of, stat_of)

DATA = random.Random(6).randbytes(1_000_003)


def files(ansible, **more):
    """A task of the module."""
    return ansible("vmware_guest_file_operation", vm_id=VM_NAME, vm_username=USER,
                   **{"vm_password": PASSWORD, **more})


def create(ansible):
    with directory_in_guest() as there:
        said = files(ansible, directory={"operation": "create", "path": f"{there}/new"})
        check(said["changed"] and said["uuid"] == VM_UUID, said)
        check(stat_of(f"{there}/new", "%F %U") == f"directory {USER}", "another directory")
        said = files(ansible, directory={"operation": "create", "path": f"{there}/a/b/c",
                                         "recurse": True})
        check(said["changed"] and is_there(f"{there}/a/b/c"), said)
        fails("not found", files, ansible, directory={"operation": "create",
                                                      "path": f"{there}/no/such"})
        fails("Permission denied for path /etc/new", files, ansible,
              directory={"operation": "create", "path": "/etc/new"})


def create_again(ansible):
    with directory_in_guest() as there:
        for recurse in (False, True):
            said = files(ansible, directory={"operation": "create", "path": there,
                                             "recurse": recurse})
            check(not said["changed"] and "already exist" in said["msg"], said)


def mktemp(ansible):
    said = files(ansible, directory={"operation": "mktemp", "prefix": "pre-", "suffix": ".suf"})
    path = said["dir"]
    check(path.startswith("/tmp/pre-") and path.endswith(".suf"), said)
    check(stat_of(path, "%F %a %U") == f"directory 700 {USER}", "another directory")
    env.guest.sh(f"rmdir {path}")


def delete(ansible):
    with directory_in_guest() as there:
        env.guest.sh(f"mkdir -p {there}/empty {there}/full/inside; chown -R {USER} {there}")
        said = files(ansible, directory={"operation": "delete", "path": f"{there}/empty"})
        check(said["changed"] and not is_there(f"{there}/empty"), said)
        fails("FileFault", files, ansible, directory={"operation": "delete",
                                                      "path": f"{there}/full"})
        said = files(ansible, directory={"operation": "delete", "path": f"{there}/full",
                                         "recurse": True})
        check(said["changed"] and not is_there(f"{there}/full"), said)


def delete_again(ansible):
    said = files(ansible, directory={"operation": "delete", "path": "/home/demo/none"})
    check(not said["changed"] and "not exists" in said["msg"], said)


def copy(ansible):
    with directory_in_guest() as there, local_file(DATA) as here:
        said = files(ansible, copy={"src": here, "dest": f"{there}/file"})
        check(said["changed"], said)
        check(sha256_of(f"{there}/file") == hashlib.sha256(DATA).hexdigest(), "another content")
        check(stat_of(f"{there}/file", "%U") == USER, "another owner")
        with open(here, "wb") as file:
            file.write(b"new")
        said = files(ansible, copy={"src": here, "dest": f"{there}/file", "overwrite": True})
        check(said["changed"] and stat_of(f"{there}/file", "%s") == "3", said)
        with open(here, "wb"):
            pass
        files(ansible, copy={"src": here, "dest": f"{there}/empty"})
        check(stat_of(f"{there}/empty", "%s") == "0", "it is not empty")
        fails("FileFault", files, ansible, copy={"src": here, "dest": f"{there}/no/such"})
        fails("Permission denied to copy", files, ansible, copy={"src": here, "dest": "/etc/new"})


def copy_again(ansible):
    with directory_in_guest() as there, local_file(b"new") as here:
        env.guest.sh(f"echo old > {there}/file")
        said = files(ansible, copy={"src": here, "dest": f"{there}/file"})
        check(not said["changed"] and "already exists" in said["msg"], said)
        check(env.guest.sh(f"cat {there}/file") == "old\n", "it has been replaced")


def fetch(ansible):
    with directory_in_guest() as there, local_file(b"") as here:
        env.guest.sh(f"head -c 1000003 /dev/urandom > {there}/file")
        said = files(ansible, fetch={"src": f"{there}/file", "dest": here})
        with open(here, "rb") as file:
            check(hashlib.sha256(file.read()).hexdigest() == sha256_of(f"{there}/file"), said)
        fails("does not exist", files, ansible, fetch={"src": f"{there}/none", "dest": here})
        fails("Failed to fetch file", files, ansible, fetch={"src": "/etc/shadow", "dest": here})
        fails("Permission denied to fetch", files, ansible,
              fetch={"src": "/home/alice/.bashrc", "dest": here})
        fails("Invalid guest login", files, ansible, vm_password="wrong",
              fetch={"src": f"{there}/file", "dest": here})


def over(ansible, module, arguments, **variables):
    """A task that is carried out in the guest, over the connection."""
    inventory = os.path.join(ansible.home, "inventory.json")
    host = {"ansible_connection": "community.vmware.vmware_tools", "ansible_host": "localhost",
            "ansible_port": env.daemon.port, "ansible_vmware_user": "administrator",
            "ansible_vmware_password": env.daemon.password,
            "ansible_vmware_validate_certs": False, "ansible_vmware_guest_uuid": VM_UUID,
            "ansible_vmware_tools_user": USER, "ansible_vmware_tools_password": PASSWORD,
            "ansible_user": USER, "ansible_password": PASSWORD,
            "ansible_python_interpreter": "/usr/bin/python3", **variables}
    with open(inventory, "w") as file:
        json.dump({"all": {"hosts": {"guest": host}}}, file)
    arguments = arguments if isinstance(arguments, str) else json.dumps(arguments)
    return run([os.path.join(ansible.python.directory, "bin", "ansible"), "guest", "-i", inventory,
                "-m", module, "-a", arguments], timeout=300,
               environment={"HOME": ansible.home, "ANSIBLE_NOCOLOR": "true",
                            "ANSIBLE_DEPRECATION_WARNINGS": "false"})


def answer(said):
    return json.loads(said[said.index("{"):])


def needs_python():
    if not is_there("/usr/bin/python3"):
        raise Unavailable("there is no Python in the guest")


def raw(ansible):
    """The connection alone: temporary files, a program, two downloads. It puts the shell before."""
    said = over(ansible, "raw", "/bin/sh -c 'id -un; echo in its errors >&2; pwd'")
    check(f"{USER}\n/home/{USER}\n" in said and "in its errors" in said and "rc=0" in said, said)
    fails("rc=7", over, ansible, "raw", "/bin/sh -c 'exit 7'")
    check(env.guest.sh("ls -A /tmp | grep -c std || :") == "0\n", "its temporary files are there")
    fails("VM Login Error", over, ansible, "raw", "true", ansible_vmware_tools_password="wrong",
          ansible_password="wrong")


def by_path(ansible):
    path = f"{ansible.datacenter()}/vm/{VM_NAME}"
    said = over(ansible, "raw", "/bin/sh -c 'echo there'", ansible_vmware_guest_path=path,
                ansible_vmware_guest_uuid=None)
    check("there" in said, said)


def script(ansible):
    with local_file(b"#!/bin/bash\necho $1 in bash: $BASH_VERSINFO\n") as here:
        said = answer(over(ansible, "script", f"{here} given"))
        check((said["rc"], said["stdout_lines"]) == (0, ["given in bash: 5"]), said)


def command(ansible):
    needs_python()
    said = over(ansible, "command", "id -un")
    check("rc=0" in said and said.endswith(f"{USER}\n"), said)


def copy_over(ansible):
    needs_python()
    with directory_in_guest() as there, local_file(DATA) as here:
        task = {"src": here, "dest": f"{there}/file", "mode": "0640"}
        said = answer(over(ansible, "copy", task))
        check(said["changed"] and said["checksum"] == hashlib.sha1(DATA).hexdigest(), said)
        check(sha256_of(f"{there}/file") == hashlib.sha256(DATA).hexdigest(), "another content")
        check(stat_of(f"{there}/file", "%U %a") == f"{USER} 640", "another mode")
        check(not answer(over(ansible, "copy", task))["changed"], "it has been changed")


def copy_nothing_over(ansible):
    """An empty file is sent in chunks."""
    needs_python()
    with directory_in_guest() as there, local_file(b"") as here:
        over(ansible, "copy", {"src": here, "dest": f"{there}/file"})
        check(stat_of(f"{there}/file", "%s") == "0", "it is not empty")


def fetch_over(ansible):
    needs_python()
    with directory_in_guest() as there, local_file(b"") as here:
        env.guest.sh(f"head -c 1000003 /dev/urandom > {there}/file")
        said = answer(over(ansible, "fetch", {"src": f"{there}/file", "dest": here, "flat": True}))
        with open(here, "rb") as file:
            check(hashlib.sha256(file.read()).hexdigest() == sha256_of(f"{there}/file"), said)


FILES = [(f"vmware_guest_file_operation, {name}", function) for name, function in (
    ("create", create), ("create what exists", create_again), ("mktemp", mktemp),
    ("delete", delete), ("delete what does not exist", delete_again), ("copy", copy),
    ("copy to what exists", copy_again), ("fetch", fetch))]
FILES += [(f"connection vmware_tools, {name}", function) for name, function in (
    ("raw", raw), ("by inventory path", by_path), ("script", script), ("command", command),
    ("copy", copy_over), ("copy of an empty file", copy_nothing_over), ("fetch", fetch_over))]
