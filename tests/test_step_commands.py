"""Commands that make one file."""

import pytest

from humam.cli import main


@pytest.mark.parametrize(
    "words",
    [["network", "--experiment", "base"], ["theory", "--network", "none.nc"], ["structure", "--network", "none.nc"]],
    ids=lambda words: words[0],
)
def test_a_folder_in_the_place_of_the_file_is_refused_before_anything_is_read(words, tmp_path, capsys):
    with pytest.raises(SystemExit) as stop:
        main([*words, "--out", str(tmp_path)])
    assert stop.value.code == 2
    line = f"humam: error: cannot write the {words[0]} to {str(tmp_path)!r}: it is a folder\n"
    assert capsys.readouterr().err == line
    assert list(tmp_path.iterdir()) == []
