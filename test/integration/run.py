"""Runs the integration tests: one guest and one daemon for all of them.

    python3 test/integration/run.py --build DIR --guest DIR [unittest arguments]

--build: where guestopsd and guestops-agent are; --guest: what make-guest made.
The rest is as for "python3 -m unittest": -v, -f, -k PATTERN, and names such as
test_start or test_start.Start.test_pid. --heavy runs what is left out otherwise. The last line
counts the results.
"""
import argparse
import os
import sys
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
sys.dont_write_bytecode = True

# Those which disturb the guest come last.
ORDER = ["test_service", "test_session", "test_inventory", "test_search", "test_collector",
         "test_start", "test_list", "test_files", "test_list_files", "test_terminate", "test_auth",
         "test_login", "test_guest_config", "test_faults", "test_every_operation", "test_channel",
         "test_facts", "test_transfers", "test_transfer_urls", "test_transfer_agent",
         "test_limits", "test_many", "test_scale", "test_life"]

# Those which take a libvirtd: with --heavy or by their names, as tools/check-host does.
HEAVY = ["test_cli_libvirt", "test_libvirt"]


class Result(unittest.TextTestResult):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.failed = set()
        self.times = {}
        self.began = 0

    def startTest(self, test):
        self.began = time.monotonic()
        super().startTest(test)

    def stopTest(self, test):
        self.times[test.id()] = time.monotonic() - self.began
        super().stopTest(test)

    def addFailure(self, test, err):
        self.failed.add(test.id())
        super().addFailure(test, err)

    def addError(self, test, err):
        self.failed.add(test.id())
        super().addError(test, err)

    def addSubTest(self, test, subtest, err):
        if err is not None:
            self.failed.add(test.id())
        super().addSubTest(test, subtest, err)

    def addUnexpectedSuccess(self, test):
        self.failed.add(test.id())
        super().addUnexpectedSuccess(test)

    def count(self):
        skipped = {test.id() for test, _ in self.skipped} - self.failed
        return len(set(self.times) - self.failed - skipped), len(self.failed), len(skipped)


def modules():
    found = {name[:-3] for name in os.listdir(HERE)
             if name.startswith("test_") and name.endswith(".py")}
    return [name for name in ORDER if name in found] + sorted(found - set(ORDER + HEAVY))


def say(passed, failed, skipped):
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))


def main(doc=__doc__, names=None):
    """@names: modules to run instead of those here."""
    parser = argparse.ArgumentParser(description=doc,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", required=True)
    parser.add_argument("--guest", required=True)
    parser.add_argument("-v", "--verbose", action="store_true")
    parser.add_argument("-f", "--failfast", action="store_true")
    parser.add_argument("-k", dest="patterns", action="append")
    parser.add_argument("--durations", type=int, default=0, metavar="N")
    parser.add_argument("--heavy", action="store_true")
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()

    from support import env
    loader = unittest.TestLoader()
    if options.patterns:
        loader.testNamePatterns = [pattern if "*" in pattern else f"*{pattern}*"
                                   for pattern in options.patterns]
    suite = loader.loadTestsFromNames(options.names or names or
                                        (HEAVY if options.heavy else modules()))
    began = time.monotonic()
    runner = unittest.TextTestRunner(stream=sys.stderr, resultclass=Result,
                                     verbosity=2 if options.verbose else 1,
                                     failfast=options.failfast)
    result, problem = None, None
    try:
        env.start(os.path.abspath(options.build), os.path.abspath(options.guest))
        print(f"the guest was ready after {time.monotonic() - began:.1f} s", file=sys.stderr)
        result = runner.run(suite)
        if not result.wasSuccessful():
            print(env.report(), file=sys.stderr)
    except Exception as error:  # noqa: BLE001 the guest did not come up
        problem = f"{type(error).__name__}: {error}"
        print(env.report(), file=sys.stderr)
    finally:
        problem = env.stop() or problem
    if problem:
        print(problem, file=sys.stderr)
    if result and options.durations:
        for name, seconds in sorted(result.times.items(), key=lambda item: -item[1])[
                :options.durations]:
            print(f"{seconds:7.2f} s  {name}", file=sys.stderr)
    passed, failed, skipped = result.count() if result else (0, 0, 0)
    say(passed, failed + bool(problem), skipped)
    return 1 if failed or problem or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
