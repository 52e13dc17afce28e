"""Chooses a sweep's next samples with Optuna's TPE: a request as JSON on standard input, samples as JSON on standard output.

The study is made anew from the history each time, so that nothing but the store has to survive a restart. Trials that
still run count as bad ones for now (constant liar), so that samples asked for together are not the same.
"""

import json
import sys

import optuna
from optuna.distributions import CategoricalDistribution, FloatDistribution
from optuna.samplers import TPESampler
from optuna.trial import TrialState, create_trial


def distribution(dimension):
    if dimension["kind"] == "choice":
        return CategoricalDistribution(range(len(dimension["values"])))
    low, high, step = dimension["min"], dimension["max"], dimension.get("q")
    if step is None:
        return FloatDistribution(low, high)
    # Azure's quantised values are multiples of the step; Optuna counts steps from the lower bound.
    first, last = round(low / step) * step, round(high / step) * step
    return FloatDistribution(first, last, step=step)


def encoded(dimension, value):
    return dimension["values"].index(value) if dimension["kind"] == "choice" else value


def decoded(dimension, value):
    if dimension["kind"] == "choice":
        return dimension["values"][value]
    return float("%.12g" % value) if dimension.get("q") else value


def main():
    request = json.load(sys.stdin)
    space = {dimension["name"]: dimension for dimension in request["space"]}
    distributions = {name: distribution(dimension) for name, dimension in space.items()}
    seed = (request["seed"] + len(request["history"])) % 2**32
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(
        direction=request["goal"], sampler=TPESampler(seed=seed, multivariate=True, constant_liar=True)
    )
    for trial in request["history"]:
        params = {name: encoded(space[name], value) for name, value in trial["sample"].items()}
        value = trial.get("value")
        if trial["open"]:
            study.add_trial(create_trial(state=TrialState.RUNNING, params=params, distributions=distributions))
        elif value is not None:
            study.add_trial(create_trial(value=value, params=params, distributions=distributions))
    samples = []
    for _ in range(request["count"]):
        asked = study.ask(distributions)
        samples.append({name: decoded(space[name], value) for name, value in asked.params.items()})
    json.dump(samples, sys.stdout)


main()
