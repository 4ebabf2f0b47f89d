"""Many runs: the list of them, what each will take, and one after another."""
