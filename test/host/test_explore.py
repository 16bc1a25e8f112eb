import time
from guestops import wait_for
from host import HostCase, env
class E(HostCase):
    def test_a(self):
        print(self.guest.command("ls /dev/input; ls /sys/bus/acpi/drivers | tr '\\n' ' '; lsmod; loginctl show-session; busctl --no-pager get-property org.freedesktop.login1 /org/freedesktop/login1 org.freedesktop.login1.Manager HandlePowerKey; systemd-analyze --no-pager security guestopsd"))
        t=time.monotonic()
        b=self.guest.boot_id()
        self.guest.virsh("reboot")
        wait_for(lambda: not env.is_ready(), "gone", 60)
        print("gone", time.monotonic()-t)
        env.wait_ready(100); print("ready", time.monotonic()-t, b, self.guest.boot_id())
    def test_b(self):
        self.guest.virsh("shutdown"); t=time.monotonic()
        self.guest.wait_state("shut off"); print("off", time.monotonic()-t)
        print("cold", env.time_to_ready())
    def test_c(self):
        for w in (["suspend"],["resume"],["snapshot-create-as","one"],["snapshot-revert","one"],["managedsave"],["start"]):
            t=time.monotonic(); print(w, self.guest.virsh(*w), time.monotonic()-t, self.guest.state())
            env.attach(); env.wait_ready() if w[0]!="suspend" and w[0]!="managedsave" else 0
            print(" ready", time.monotonic()-t)
