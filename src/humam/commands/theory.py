"""``humam theory``: stationary rates by mean-field theory."""

from __future__ import annotations

import sys
from pathlib import Path

from humam import network as networks
from humam import theory, theory_file
from humam.errors import HumamError


def main(*, network: Path, out: Path) -> None:
    """Predict the stationary firing rates of a network with mean-field theory.

    Parameters
    ----------
    network
        The network file.
    out
        The netCDF file to write.
    """
    if out.is_dir():
        raise HumamError(f"cannot write the theory to {str(out)!r}: it is a folder")
    predicted = theory.predict(networks.read(network))
    theory_file.write(predicted, out)
    if predicted.attrs["message"]:
        print(f"humam: {predicted.attrs['message']}", file=sys.stderr)
