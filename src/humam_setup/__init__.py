"""Set-up: what the launcher needs before there is an environment. Standard library only.

What is set up lies in one cache folder outside the checkout and can be deleted at any time: the next call sets it up
again. Besides, uv and pip of the machine keep downloads in caches of their own, and ``bin/humam test --install``
installs packages of Debian on the machine.

What is fetched is checked against SHA-256 digests under ``requirements/``, but for two things that come with digests
of their own: packages of Debian (Apptainer, the system inside the image, those of ``test --install``) are signed by
Debian, and where ``mvn`` fetches Nextflow's jars its plugin is checked by the checksums of the Maven repository. The
jars themselves are checked against our digests whoever fetched them.
"""
