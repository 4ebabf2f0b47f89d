"""The front page of a results folder."""
