"""Names of the files in the folder of a report that others than the report itself read."""

from __future__ import annotations

from typing import Final

INDEX: Final = "index.html"
VALUES: Final = "values.csv"
PARAMETERS: Final = "parameters.yml"
PANELS: Final = "panels.json"
"""What the front page lists for each panel: picture, data, code; and the command that makes the report again."""
THUMBNAIL: Final = "thumbnail.png"
