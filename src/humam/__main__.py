"""``python -m humam``: the same as ``bin/humam`` inside an environment that is set up."""

from humam.cli import main

if __name__ == "__main__":
    main()
