"""Set-up: what the launcher needs before there is an environment. Standard library only.

Everything that is fetched lies in one cache folder outside the checkout, is checked against SHA-256 digests under
``requirements/``, and can be deleted at any time: the next call fetches it again.
"""
