"""Events that meet: for each pair, a server under a mixed load, both at nearly the same moment, a
restart, and then the data.

    make faults ONLY=pairs PAIRS='rewrite swapdb' SEEDS=20

Bar: nothing that was promised is lost, nothing is there that nobody sent, what has expired is
gone, the server starts, and nothing hangs. Moments are drawn from the seed, but two runs of one
seed are only roughly alike.

`events` and `damage` say what happens, `load` what clients ask for meanwhile, `changes` and
`history` what that must lead to, and `case` is the course of things.
"""

import multiprocessing
import os
import shutil
import sys
from concurrent.futures import ProcessPoolExecutor, as_completed
from itertools import combinations_with_replacement

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import damage
import events
from case import Case
from writers import Lost

EVENTS = {event.name: event for event in (
    events.Rewrite, events.SwitchOn, events.SwitchOff, events.Policy, events.Sweep, events.Restart,
    events.Stop, events.Kill, events.FullDisk, events.FailedSync, damage.Spoil,
    damage.SecondServer, events.SwapDb, events.FlushAll, events.Extremes, events.BigTransaction,
    damage.ClientGone)}
# Cases wait more than they work.
AT_ONCE = 6


def cases(settings):
    """One for each pair of names."""
    wanted = settings.pairs.split() if settings.pairs else []
    chosen = [pair for pair in combinations_with_replacement(EVENTS, 2) if matches(pair, wanted)]
    seeds = [settings.seed] if settings.seeds == 1 else [
        f"{settings.seed}.{number}" for number in range(settings.seeds)]
    pool = ProcessPoolExecutor(AT_ONCE, multiprocessing.get_context("fork"))
    outcomes = {pair: [pool.submit(run, settings, pair, seed) for seed in seeds]
                for pair in chosen}
    for pair in chosen:
        yield " ".join(pair), lambda pair=pair: summary(pair, outcomes[pair])


def matches(pair, wanted):
    """One name is for all its pairs, several are for the pairs among them."""
    if len(wanted) == 1:
        return wanted[0] in pair
    if len(wanted) == 2:
        return sorted(pair) == sorted(wanted)
    return not wanted or all(name in wanted for name in pair)


def summary(pair, outcomes):
    wrong = [text for text in (outcome.result() for outcome in outcomes) if text]
    if wrong:
        raise Lost("\n".join(wrong))
    return f"{len(outcomes)} seeds"


def run(settings, pair, seed):
    """What is wrong with a case; its directory is kept then."""
    case = Case(settings, [EVENTS[name] for name in pair], seed)
    try:
        case.run()
    except Exception as error:
        report = write_report(case)
        return (f"{str(error)[:600]}\n         PAIRS='{' '.join(pair)}' SEED={seed}; what happened: "
                f"{report}")
    shutil.rmtree(case.directory, ignore_errors=True)
    return None


def write_report(case):
    path = os.path.join(case.directory, "what-happened")
    with open(path, "w") as report:
        print(*case.notes, sep="\n", file=report)
        for number, history in enumerate(case.histories()):
            print(f"\n{'pad' if number == 0 else f'client {number - 1}'}", file=report)
            print(*history.text[-400:], *(f"open: {step.text} answered {step.is_answered} "
                  f"promised {step.is_promised}" for step in history.steps[:400] + history.outside),
                  sep="\n", file=report)
    return path
