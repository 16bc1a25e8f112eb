"""Ansible's community.vmware, a module a call, as in a playbook's task."""
import json
import os

from client_ansible_files import FILES
from common import (PASSWORD, USER, VM_NAME, VM_UUID, Python, Table, Unavailable, Wrong, check,
                    command_of, content_of, env, fails, power_state, run)


class Ansible:
    def __init__(self, python, cache):
        self.python = python
        self.home = os.path.join(cache, "home")
        os.makedirs(self.home, exist_ok=True)

    def __call__(self, module, **arguments):
        """What the module returns; Wrong with its text where it fails."""
        arguments = {"hostname": "localhost", "port": env.daemon.port,
                     "username": "administrator", "password": env.daemon.password,
                     "validate_certs": False, **arguments}
        said = run([os.path.join(self.python.directory, "bin", "ansible"), "localhost", "-c",
                    "local", "-m", f"community.vmware.{module}", "-a", json.dumps(arguments)],
                   timeout=120, environment={
                       "HOME": self.home, "ANSIBLE_LOCALHOST_WARNING": "false",
                       "ANSIBLE_PYTHON_INTERPRETER": self.python.program,
                       "ANSIBLE_DEPRECATION_WARNINGS": "false", "ANSIBLE_NOCOLOR": "true"})
        return json.loads(said[said.index("{"):])

    def shell(self, path, arguments, **more):
        return self("vmware_vm_shell", vm_username=USER, vm_password=PASSWORD, vm_shell=path,
                    vm_shell_args=arguments, **{"vm_id": VM_NAME, **more})

    # operations

    def by_name(self):
        file = f"/tmp/ansible-{os.getpid()}"
        said = self.shell("/bin/sh", f"-c 'echo $WHO; pwd; id -un' > {file}",
                          wait_for_process=True, vm_shell_env=["WHO=ansible"],
                          vm_shell_cwd="/usr/share")
        check((said["exit_code"], said["owner"], said["name"], said["uuid"]) ==
              (0, USER, "sh", VM_UUID), said)
        check(said["end_time"] >= said["start_time"], said)
        check(content_of(file) == f"ansible\n/usr/share\n{USER}\n", "the output is another")

    def by_uuid(self):
        said = self.shell("/bin/sleep", "600", vm_id=VM_UUID, vm_id_type="uuid")
        pid = said["msg"]
        check(command_of(pid) == "sleep", said)
        env.guest.sh(f"kill {pid}")

    def by_path(self):
        said = self.shell("/bin/true", "", vm_id=VM_NAME, vm_id_type="inventory_path",
                          folder=f"/{self.datacenter()}/vm", wait_for_process=True)
        check(said["exit_code"] == 0, said)

    def by_dns_name(self):
        said = self.shell("/bin/true", "", vm_id="guestops-demo", vm_id_type="dns_name",
                          wait_for_process=True)
        check(said["exit_code"] == 0, said)

    def in_datacenter(self):
        said = self.shell("/bin/true", "", datacenter=self.datacenter(), wait_for_process=True)
        check(said["exit_code"] == 0, said)

    def failure(self):
        fails('"exit_code": 7', self.shell, "/bin/sh", "-c 'exit 7'", wait_for_process=True)

    def fault(self):
        fails("File /no/such was not found", self.shell, "/no/such", "")

    def guest_info(self):
        said = self("vmware_guest_info", name=VM_NAME)["instance"]
        check((said["hw_name"], said["hw_product_uuid"], said["hw_power_status"], said["moid"]) ==
              (VM_NAME, VM_UUID, "poweredOn", env.vm.moid), said)
        said = self("vmware_guest_info", uuid=VM_UUID, schema="vsphere",
                    properties=["guest.toolsRunningStatus", "config.hardware.memoryMB"])
        check(said["instance"]["guest"]["toolsRunningStatus"] == "guestToolsRunning", said)

    def vm_info(self):
        said = self("vmware_vm_info", vm_name=VM_NAME)["virtual_machines"]
        machine, = said if isinstance(said, list) else said.values()
        check((machine["guest_name"], machine["uuid"], machine["power_state"]) ==
              (VM_NAME, VM_UUID, "poweredOn"), machine)

    def tools_wait(self):
        said = self("vmware_guest_tools_wait", name=VM_NAME, timeout=60)
        check(said["instance"]["guest_tools_status"] == "guestToolsRunning", said)

    def powerstate(self):
        for wanted, state in (("suspended", "suspended"), ("powered-on", "poweredOn")):
            said = self("vmware_guest_powerstate", name=VM_NAME, state=wanted, force=True)
            check(said["changed"] and power_state() == state, said)
        env.wait_ready()
        check(not self("vmware_guest_powerstate", name=VM_NAME, state="powered-on")["changed"],
              "it has been changed")

    def datacenter(self):
        client = env.client()
        try:
            return client.get("Datacenter/datacenter-2/name").json
        finally:
            client.close()


OPERATIONS = [("vmware_vm_shell by name, output", Ansible.by_name),
              ("vmware_vm_shell by UUID", Ansible.by_uuid),
              ("vmware_vm_shell by inventory path", Ansible.by_path),
              ("vmware_vm_shell by DNS name", Ansible.by_dns_name),
              ("vmware_vm_shell in a datacenter", Ansible.in_datacenter),
              ("vmware_vm_shell, exit code", Ansible.failure),
              ("vmware_vm_shell, a fault's text", Ansible.fault),
              ("vmware_guest_info", Ansible.guest_info), ("vmware_vm_info", Ansible.vm_info),
              ("vmware_guest_tools_wait", Ansible.tools_wait),
              ("vmware_guest_powerstate", Ansible.powerstate)]


def exercise(cache):
    table = Table("Ansible")
    try:
        python = Python(cache, "ansible", ["ansible", "pyvmomi", "requests"])
        said = run([os.path.join(python.directory, "bin", "ansible-galaxy"), "collection", "list",
                    "community.vmware", "--format", "json"])
        collection = [found["community.vmware"]["version"] for found in json.loads(said).values()
                      if "community.vmware" in found][0]
    except (Unavailable, Wrong, OSError, IndexError, ValueError) as error:
        table.add("any", "install", "skipped")
        print(f"compat: skipped: {error}", flush=True)
        return table
    variant = (f"{python.version('ansible')}, community.vmware {collection}, "
               f"pyVmomi {python.version('pyvmomi')}")
    ansible = Ansible(python, cache)
    for name, operation in OPERATIONS + FILES:
        table.attempt(variant, name, lambda o=operation: o(ansible))
    return table
