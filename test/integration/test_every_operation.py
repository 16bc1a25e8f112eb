"""What each guest operation may answer, whatever it does: by the real cause of each fault."""
import threading

import channel
from fakes import FakeCase
from guestops import Vm, auth, spec, wait_for
from support import GuestCase, env

PROCESSES = "GuestProcessManager/guestOperationsProcessManager"
AUTH = "GuestAuthManager/guestOperationsAuthManager"
FILES = "GuestFileManager/guestOperationsFileManager"
SSPI = {"_typeName": "SSPIAuthentication", "sspiToken": "x", "interactiveSession": False}

OPERATIONS = {
    f"{PROCESSES}/StartProgramInGuest": lambda who: {"auth": who, "spec": spec("/bin/true")},
    f"{PROCESSES}/ListProcessesInGuest": lambda who: {"auth": who, "pids": [1]},
    f"{PROCESSES}/TerminateProcessInGuest": lambda who: {"auth": who, "pid": 2 ** 31 - 1},
    f"{PROCESSES}/ReadEnvironmentVariableInGuest": lambda who: {"auth": who, "names": ["HOME"]},
    f"{FILES}/ChangeFileAttributesInGuest": lambda who: {
        "auth": who, "guestFilePath": "/no/file",
        "fileAttributes": {"_typeName": "GuestPosixFileAttributes"}},
    f"{FILES}/CreateTemporaryDirectoryInGuest": lambda who: {
        "auth": who, "prefix": "", "suffix": "", "directoryPath": "/no/directory"},
    f"{FILES}/CreateTemporaryFileInGuest": lambda who: {
        "auth": who, "prefix": "", "suffix": "", "directoryPath": "/no/directory"},
    f"{FILES}/DeleteDirectoryInGuest": lambda who: {
        "auth": who, "directoryPath": "/no/directory", "recursive": False},
    f"{FILES}/DeleteFileInGuest": lambda who: {"auth": who, "filePath": "/no/file"},
    f"{FILES}/InitiateFileTransferFromGuest": lambda who: {
        "auth": who, "guestFilePath": "/no/file"},
    f"{FILES}/InitiateFileTransferToGuest": lambda who: {
        "auth": who, "guestFilePath": "/no/file", "fileSize": 1, "overwrite": False,
        "fileAttributes": {"_typeName": "GuestPosixFileAttributes"}},
    f"{FILES}/ListFilesInGuest": lambda who: {"auth": who, "filePath": "/"},
    f"{FILES}/MakeDirectoryInGuest": lambda who: {
        "auth": who, "directoryPath": "/no/directory", "createParentDirectories": False},
    f"{FILES}/MoveDirectoryInGuest": lambda who: {
        "auth": who, "srcDirectoryPath": "/no/directory", "dstDirectoryPath": "/no/other"},
    f"{FILES}/MoveFileInGuest": lambda who: {
        "auth": who, "srcFilePath": "/no/file", "dstFilePath": "/no/other", "overwrite": False},
    f"{AUTH}/ValidateCredentialsInGuest": lambda who: {"auth": who},
    f"{AUTH}/AcquireCredentialsInGuest": lambda who: {"requestedAuth": who},
    f"{AUTH}/ReleaseCredentialsInGuest": lambda who: {"auth": who},
}


class EveryCase(GuestCase):
    def each(self, vm, type_name, who=None, **members):
        """All of them get this fault."""
        for path, parameters in OPERATIONS.items():
            with self.subTest(path):
                body = {"vm": vm, **parameters(who or auth("demo"))}
                self.assertFault(self.client.call(path, body), type_name, **members)

    def wait_fault(self, type_name):
        def is_fault():
            answer = self.client.try_list(self.vm, auth("demo"), [1])
            return answer.status == 500 and answer.json["_typeName"] == type_name

        wait_for(is_fault, type_name)


class Machine(EveryCase):
    def test_powered_off(self):
        with env.machine(Vm("off", "qmp", "/nonexistent/a", "/nonexistent/q")) as vm:
            self.each(vm.ref, "InvalidPowerState", existingState="poweredOff",
                      requestedState="poweredOn")

    def test_no_channel(self):
        with env.machine(Vm("apart", "local", "/nonexistent/a")) as vm:
            self.each(vm.ref, "GuestOperationsUnavailable")

    def test_paused(self):
        self.guest.qmp("stop")
        try:
            self.wait_fault("InvalidState")
            self.each(self.vm, "InvalidState")
        finally:
            self.guest.qmp("cont")
        env.wait_ready()

    def test_a_task_has_it(self):
        self.guest.qmp("migrate-set-parameters", **{"max-bandwidth": 100000})
        self.guest.qmp("migrate", uri="exec:cat > /dev/null")
        try:
            self.wait_fault("TaskInProgress")
            self.each(self.vm, "TaskInProgress")
        finally:
            self.guest.qmp("migrate_cancel")
        wait_for(lambda: self.client.try_list(self.vm, auth("demo"), [1]).status == 200,
                 "the end of the migration")


class Agent(EveryCase, FakeCase):
    def test_too_old(self):
        with self.fake(operations=["NothingInGuest"]) as (vm, agent):
            self.each(vm.ref, "GuestComponentsOutOfDate")
            self.assertEqual(agent.requests, [])

    def test_too_much_to_do(self):
        env.daemon.restart(guest_requests_max=1)
        self.client = env.client()
        try:
            with self.fake() as (vm, agent):
                first = self.client.copy()
                thread = threading.Thread(target=self.start_in, args=(vm, first), daemon=True)
                thread.start()
                wait_for(lambda: agent.requests, "one is in progress")
                self.each(vm.ref, "GuestOperationsFault")
                agent.answer(agent.requests[0][0], channel.answer_long(7))
                thread.join(30)
                first.close()
        finally:
            self.client.close()
            env.daemon.restart(guest_requests_max=None)
            env.wait_ready()


class Guest(EveryCase):
    def test_disabled(self):
        with env.agent_conf(""):
            self.guest.configure("[guestoperations]\ndisabled = true\n")
            self.wait_fault("OperationDisabledByGuest")
            for who in (auth("demo"), auth("demo", "wrong"), SSPI):
                self.each(self.vm, "OperationDisabledByGuest", who)

    def test_credentials_that_are_not_supported(self):
        self.each(self.vm, "OperationNotSupportedByGuest", SSPI)

    def test_refused(self):
        with env.agent_conf("[login]\nfail_delay = 0\n"):
            for path, parameters in OPERATIONS.items():
                with self.subTest(path):
                    # A ticket is what is released, and what cannot be acquired by another.
                    who = {"_typeName": "TicketedSessionAuthentication", "ticket": "0" * 64,
                           "interactiveSession": False} if "Release" in path \
                        else auth("demo", "wrong")
                    self.assertFault(self.client.call(path, {"vm": self.vm, **parameters(who)}),
                                     "InvalidGuestLogin")
