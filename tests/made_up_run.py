"""Statistics of a run that nobody simulated, to test what is drawn of runs."""

import numpy as np

from humam.analysis import statistics
from humam.labels import AREAS, N_LABELS, area_slice

AREA = "pericalcarine"
SCALE = 0.01


def write_run(
    folder, experiment="base", scale=SCALE, t_sim=2000.0, with_10_spikes=N_LABELS, unavailable=None, chi=None, seed=1,
    mean_rate=None, areas=None, scheme="working_point", **settings
):  # fmt: skip
    """Write the statistics of a made-up run: 100 neurons per population, rates 0.1, 0.2 ... by population.

    Factor chi and mean rate are those of the experiment if none are given; settings are other parameters.
    """
    chi = {"best_fit": 2.5}.get(experiment, 1.0) if chi is None else chi
    mean_rate = (4.7 if chi >= 2.5 else 0.5) if mean_rate is None else mean_rate
    rng = np.random.default_rng(5 if seed == 1 else seed)
    n_bins = int(t_sim)
    neurons = np.full(N_LABELS, 100)
    neurons[area_slice("insula")] = 0
    rate = np.tile(np.arange(1, 9) / 10, 34) * rng.uniform(0.9, 1.1, N_LABELS)
    shapes = {"target": N_LABELS, "area": 34, "area_2": 34, "kernel": 2, "time": n_bins, "log_rate": 2, "bold_time": 2}
    shapes |= {"log_rate_fine": 2, "irregularity": 2, "perturbation_time": 2}
    values = {
        name: np.zeros([shapes[d] for d in dims], dtype=int if name.startswith(("neurons", "raster")) else float)
        for name, (dims, _, _) in statistics.VARIABLES.items()
    }
    values |= {"neurons": neurons, "rate": rate, "cv": rate + 0.5, "correlation": rate / 100}
    values["raster_rows"] = np.where(neurons > 0, 50, 0)
    values["neurons_10_spikes"][:with_10_spikes] = 3
    values["spike_count"][area_slice(AREA), ::10] = 1  # each population: a spike every 10 ms
    values["area_spike_count"][AREAS.index(AREA), ::10] = 8
    fc = rng.uniform(-0.1, 0.4, (2, 34, 34))
    values["fc"] = np.where(np.eye(34) > 0, 1.0, (fc + fc.transpose(0, 2, 1)) / 2)
    values["log_rate_density"] = rng.uniform(0.1, 1, values["log_rate_density"].shape)
    coordinates = {"time": np.arange(n_bins), "log_rate": [0.0, 0.5], "kernel": ["published", "corrected"]}
    for name in ("bold_time", "log_rate_fine", "irregularity", "perturbation_time"):
        coordinates[name] = [1.0, 2.0]
    with statistics.create(folder) as writer:
        for i, population in enumerate(range(N_LABELS)[area_slice(AREA)]):
            table = {"neuron": np.arange(4), "row": np.arange(4), "time": t_sim - 500.0 + 10 * np.arange(4) + i}
            writer.append("rasters", {"population": population, **table})
        n_windows = max(int((t_sim - 2500) // 2000), 0)
        for window in range(n_windows):
            own = {"neuron": np.arange(40), "window": window, "n_spikes": 12, "rate": 6.0}
            own |= {"cv": rng.uniform(0.5, 1.5, 40), "lvr": rng.uniform(0.5, 1.5, 40)}
            writer.append("windows", {"population": 8, **own})
        extra_spike = 2000.0 if experiment.startswith("perturbed") else None
        parameters = {"name": experiment, "chi": chi, "perturbation_time": extra_spike, **settings}
        run = {
            "engine": "nest", "seed": seed, "scale": scale, "in_degree_scale": scale, "t_sim_ms": t_sim,
            "n_spikes": int(mean_rate * neurons.sum() * t_sim / 1e3),
        }  # fmt: skip
        writer.finish(
            values,
            coordinates,
            unavailable or {},
            {
                **run, "scheme": scheme, "n_windows": n_windows, "raster_start_ms": t_sim - 1000.0,
                "raster_stop_ms": t_sim, "parameters": parameters, "origin": {"origin": "tables"},
                "manifest": {**run, "neurons": neurons.tolist(), "network_parameters": parameters, "sha256": "0" * 64,
                             "areas": areas},
            },
        )  # fmt: skip
    return statistics.read(folder)
