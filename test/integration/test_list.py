"""ListProcessesInGuest: which rows, in which order, and what they hold."""
from guestops import auth, wait_for
from support import GuestCase, unique


class Pids(GuestCase):
    def started(self, count, user="demo"):
        pids = [self.start(user, "/bin/sleep", "60") for _ in range(count)]
        for pid in pids:
            self.addCleanup(self.end_program, pid)
        return pids

    def listed(self, pids, user="demo"):
        return [row["pid"] for row in self.rows(user, pids)]

    def test_order_of_the_request(self):
        first, second, third = self.started(3)
        self.assertEqual(self.listed([third, first, second]), [third, first, second])

    def test_duplicates(self):
        first, second = self.started(2)
        self.assertEqual(self.listed([first, second, first]), [first, second, first])
        self.assertEqual(self.listed([1, 1]), [1, 1])

    def test_unknown(self):
        answer = self.client.try_list(self.vm, auth("demo"), [999999])
        self.assertOk(answer)
        self.assertEqual(answer.body.strip(), b"[]")
        for pids in ([0], [-1], [2 ** 62], [-(2 ** 63)], [2 ** 63 - 1], [2 ** 32 + 1]):
            with self.subTest(pids=pids):
                self.assertEqual(self.rows("demo", pids), [])
        first, = self.started(1)
        self.assertEqual(self.listed([999999, first, 0]), [first])
        self.assertEqual(self.listed([2 ** 32 + first]), [])

    def test_odd_values(self):
        for pids in (["1"], [1.5], [2 ** 64], 1, {}):
            with self.subTest(pids=pids):
                answer = self.client.try_list(self.vm, auth("demo"), pids)
                self.assertEqual(answer.status, 500, answer)
                self.assertIn(answer.json["_typeName"], ("InvalidArgument", "InvalidRequest"))

    def test_empty_is_all(self):
        self.assertIn(1, self.listed([]))

    def test_many_pids(self):
        self.assertEqual(self.listed([999999] * 4095 + [1]), [1])
        self.assertFault(self.client.try_list(self.vm, auth("demo"), [1] * 4097),
                         "InvalidArgument", invalidProperty="pids")

    def test_programs_of_others_processes_too(self):
        pid = int(self.guest.sh("sleep 60 >/dev/null 2>&1 & echo $!"))
        row, = self.rows("demo", [pid])
        self.assertEqual(row["owner"], "root")
        self.assertEqual(row["name"], "sleep")
        self.assertEqual(row["cmdLine"], "sleep 60")
        self.assertNotIn("endTime", row)
        self.assertNotIn("exitCode", row)
        self.guest.sh(f"kill {pid}")


class All(GuestCase):
    def test_init_and_kernel_threads(self):
        rows = {row["pid"]: row for row in self.rows("demo")}
        self.assertEqual(rows[1]["owner"], "root")
        self.assertIn("init", rows[1]["name"] + rows[1]["cmdLine"])
        self.assertEqual(rows[2]["name"], "kthreadd")
        self.assertEqual(rows[2]["cmdLine"], "kthreadd")
        for row in rows.values():
            self.assertEqual(row["_typeName"], "GuestProcessInfo")
            for name in ("name", "owner", "startTime", "cmdLine"):
                self.assertIn(name, row)

    def test_started_come_first_and_once(self):
        pid = self.start("demo", "/bin/sleep", "60")
        self.addCleanup(self.end_program, pid)
        pids = [row["pid"] for row in self.rows("demo")]
        self.assertEqual(pids.count(pid), 1)
        self.assertLess(pids.index(pid), pids.index(1))

    def test_a_pid_is_listed_once_while_programs_end(self):
        pids = [self.start("demo", "/bin/sleep", f"{0.3 + i * 0.05}") for i in range(20)]
        while True:
            rows = self.rows("demo")
            for pid in pids:
                mine = [row for row in rows if row["pid"] == pid]
                self.assertEqual(len(mine), 1, mine)
            if all("endTime" in row for row in rows if row["pid"] in pids):
                break

    def test_arguments_are_hidden_from_others(self):
        secret = unique("hidden")
        pid = self.start("alice", "/bin/sh", f"-c 'sleep 60' {secret}")
        self.addCleanup(self.end_program, pid)
        row, = self.rows("demo", [pid])
        self.assertEqual((row["owner"], row["name"]), ("alice", "sh"))
        self.assertEqual(row["cmdLine"], '"/bin/sh"')
        for user in ("alice", "root"):
            row, = self.rows(user, [pid])
            self.assertEqual(row["cmdLine"], f"\"/bin/sh\" -c 'sleep 60' {secret}")

    def test_root_hides_from_users(self):
        pid = self.start("root", "/bin/true", "of-root")
        self.finish("root", pid)
        self.assertEqual(self.rows("demo", [pid])[0]["cmdLine"], '"/bin/true"')
        self.assertEqual(self.rows("root", [pid])[0]["cmdLine"], '"/bin/true" of-root')

    def test_names_that_are_no_utf8(self):
        file = f"/tmp/{unique('odd')}"
        pid = int(self.guest.sh(f"cp /bin/sleep {file}$'\\xff'; {file}$'\\xff' 60 "
                                ">/dev/null 2>&1 & echo $!"))

        def ready():
            row, = self.rows("root", [pid])
            return row if "odd" in row["name"] else None

        row = wait_for(ready, "it has been executed")
        self.assertEqual(row["cmdLine"].split()[-1], "60")
        self.guest.sh(f"kill {pid}; rm -f {file}*")

    def test_start_times_are_near(self):
        pid = self.start("demo", "/bin/sleep", "60")
        self.addCleanup(self.end_program, pid)
        child = int(self.guest.sh("sleep 60 >/dev/null 2>&1 & echo $!"))
        started, other = self.rows("demo", [pid, child])
        self.guest.sh(f"kill {child}")
        self.assertEqual(started["startTime"][:13], other["startTime"][:13])
