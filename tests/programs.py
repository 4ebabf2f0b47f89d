"""Small programs that stand in for those of the machine."""

from pathlib import Path


def program(path: Path, script: str) -> Path:
    """Write an executable shell script; return its path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def saying(path: Path, text: str) -> Path:
    """Write a program that prints a text; return its path."""
    return program(path, f"echo '{text}'")
