"""The commands of ``humam``: one module is one command, thin around the package."""
