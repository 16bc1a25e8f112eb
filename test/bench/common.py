"""What rows are made of: samples in turn, figures with their spread, goals, pictures."""
import dataclasses
import statistics
import time
import typing


class Unavailable(Exception):
    """A peer cannot be had here; says why."""


def quantile(samples, q):
    """Linear between the two nearest."""
    ordered = sorted(samples)
    place = q * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


@dataclasses.dataclass
class Figure:
    """A number, what it came from, and how far the rounds' own numbers are apart."""
    value: float
    low: float
    high: float
    n: int
    rounds: list

    def as_json(self):
        return {"value": self.value, "low": self.low, "high": self.high, "n": self.n}


def figure(values):
    """Of one number a round."""
    return Series([[value] for value in values]).figure()


@dataclasses.dataclass
class Series:
    """Samples, a list for each round."""
    rounds: list

    def figure(self, q=0.5):
        each = [quantile(samples, q) for samples in self.rounds]
        samples = [sample for one in self.rounds for sample in one]
        return Figure(quantile(samples, q), min(each), max(each), len(samples), each)


def interleave(rounds, sides):
    """Calls the sides in turn, each once a round, every other round backwards."""
    found = {name: [] for name in sides}
    for number in range(rounds):
        for name in list(sides)[::-1 if number % 2 else 1]:
            samples = sides[name]()
            found[name].append(list(samples) if isinstance(samples, (list, tuple)) else [samples])
    return {name: Series(each) for name, each in found.items()}


def timed(action, *args):
    """Milliseconds."""
    began = time.perf_counter()
    action(*args)
    return 1000 * (time.perf_counter() - began)


@dataclasses.dataclass
class Goal:
    text: str
    holds: typing.Callable  # of two values, ours and the other


def at_most(ratio, plus=0.0):
    text = f"≤ {ratio:g} × other" + (f" + {plus:g}" if plus else "")
    return Goal(text, lambda ours, other: ours <= ratio * other + plus)


def at_least(ratio):
    return Goal(f"≥ {ratio:g} × other", lambda ours, other: ours >= ratio * other)


def below(number):
    return Goal(f"< {number:g}", lambda ours, other: ours < number)


def up_to(number):
    return Goal(f"≤ {number:g}", lambda ours, other: ours <= number)


def above(number):
    return Goal(f"≥ {number:g}", lambda ours, other: ours >= number)


@dataclasses.dataclass
class Row:
    name: str
    unit: str
    ours: Figure = None
    other: Figure = None
    peer: str = ""      # what the other one is
    goal: Goal = None
    why: str = ""       # what holds it back; shown where the goal is missed
    reason: str = ""    # for which there is no other one, or no row at all

    @property
    def ratio(self):
        if not self.ours or not self.other:
            return None
        ours, other = self.ours.rounds, self.other.rounds
        if len(ours) != len(other):
            ours, other = [self.ours.value], [self.other.value]
        return figure([a / b for a, b in zip(ours, other)]) if all(other) else None

    @property
    def met(self):
        """None where there is nothing to say."""
        if not self.goal or not self.ours or (self.peer and not self.other):
            return None
        return bool(self.goal.holds(self.ours.value, self.other.value if self.other else None))

    def as_json(self, command):
        ratio = self.ratio
        return {"name": self.name, "unit": self.unit,
                "ours": self.ours and self.ours.as_json(),
                "other": self.other and self.other.as_json(), "peer": self.peer or None,
                "ratio": ratio and ratio.as_json(),
                "goal": self.goal and self.goal.text, "met": self.met,
                "why": self.why if self.met is False else None,
                "reason": self.reason or None, "command": command}


def missing(name, reason):
    return Row(name, "", reason=reason)


@dataclasses.dataclass
class Picture:
    """Bars, one below the other: (label, Figure)."""
    name: str  # of the file, without .svg
    title: str
    unit: str
    bars: list
    logarithmic: bool = False


@dataclasses.dataclass
class Result:
    rows: list
    pictures: list = dataclasses.field(default_factory=list)
