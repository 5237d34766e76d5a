"""Counting what holds and what does not, for scripts that summary.py reads."""


class Checks:
    def __init__(self, name):
        self.name = name
        self.passed = self.failed = 0

    def check(self, good, what):
        self.passed += bool(good)
        self.failed += not good
        if not good:
            print(f"FAILED {what}")

    def finish(self, skipped=None):
        """Prints the sums. Returns the exit status."""
        print(f"{self.name}: {self.passed} passed, {self.failed} failed" + ("" if skipped is None else f", {skipped} skipped"))
        return self.failed > 0
