"""Validate an RO-Crate without a network; run by the Python that has roc-validator: CRATE PROFILE -> issues as JSON.

The one document that the validator would fetch, the context of RO-Crate 1.1, comes from the `rocrate` package.
"""

import json
import sys
import tempfile
from importlib import resources
from pathlib import Path

from requests import Request
from requests_cache import CachedResponse, CachedSession
from rocrate_validator import services

CONTEXT = "https://w3id.org/ro/crate/1.1/context"


def issues(crate: str, profile: str) -> list[str]:
    with tempfile.TemporaryDirectory() as folder:
        cache = str(Path(folder) / "http")
        content = resources.files("rocrate.data").joinpath("ro-crate.jsonld").read_bytes()
        with CachedSession(cache, backend="sqlite") as session:
            headers = {"Content-Type": "application/ld+json"}
            answer = CachedResponse(url=CONTEXT, status_code=200, headers=headers, content=content)
            session.cache.save_response(answer, session.cache.create_key(Request("GET", CONTEXT, headers={})))
        settings = services.ValidationSettings(
            rocrate_uri=crate, profile_identifier=profile, offline=True, cache_path=cache
        )
        result = services.validate(settings)
        return [f"{issue.check.identifier}: {issue.message}" for issue in result.get_issues()]


if __name__ == "__main__":
    print(json.dumps(issues(*sys.argv[1:])))
