"""Events that meet: for each pair, a server runs under a mixed load while both events happen at
nearly the same moment. Then it restarts, and its data is checked.

    make faults ONLY=pairs PAIRS='rewrite swapdb' SEEDS=20

Bar: no promised data is lost, no unsent data exists, expired data is gone, the server starts, and
nothing hangs. Moments are drawn from the seed, but two runs of one seed are only roughly alike.

`events`, `damage` and `queues` define the events, and `load` the clients' requests meanwhile.
`changes`, `elements` and `history` define the required results. `case` runs a case from start to
end.
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
import queues
from case import Case
from writers import Lost

EVENTS = {event.name: event for event in (
    events.Rewrite, events.SwitchOn, events.SwitchOff, events.Policy, events.Sweep, events.Restart,
    events.Stop, events.Kill, events.FullDisk, events.FailedSync, damage.Spoil,
    damage.SecondServer, events.SwapDb, events.FlushAll, events.Extremes, events.BigTransaction,
    damage.ClientGone, queues.Waiting)}
# Cases mostly wait, so many run at once.
AT_ONCE = 6


def cases(settings):
    """Yields a case for each pair of names."""
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
    """Returns whether the filter selects a pair. One name selects all its pairs; several names
    select the pairs among them."""
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
    """Runs a case and returns its failure, if any. A failed case keeps its directory."""
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
