"""Tables of segments as audformat and pandas write them, with the frames that are meant.

Needs audformat 1.4, pandas 3.0. Writes segments/*.csv and segments/expected.json beside itself: for each row the file,
start and end in seconds (null for a part to the end of the file) and the label.
"""

import json
import pathlib

import audformat
import pandas as pd

folder = pathlib.Path(__file__).parent / "segments"
folder.mkdir(exist_ok=True)
files = ["a.wav", "a.wav", "b.wav", "b.wav"]
starts = pd.to_timedelta([0.25, 1.5, 0, 61.0625], unit="s")
ends = pd.to_timedelta([1.5, 2.000001, 3, None], unit="s")
labels = ["angry", "sad", "happy", "angry"]

index = audformat.segmented_index(files, starts, ends)
frame = pd.DataFrame({"emotion": labels, "speaker": ["s1", "s1", "s2", "s2"]}, index=index)
frame.to_csv(folder / "audformat.csv")
frame.reset_index().to_csv(folder / "pandas.csv")
frame.reset_index().assign(gender="f").to_csv(folder / "nkululeko.csv", index=False)
seconds = frame.reset_index()
for column in ["start", "end"]:
    seconds[column] = seconds[column].dt.total_seconds()
seconds.to_csv(folder / "seconds.csv", index=False)
seconds.to_csv(folder / "german.csv", index=False, sep=";", decimal=",")
seconds.to_csv(folder / "excel.tsv", index=False, sep="\t", encoding="utf-16")

rows = [
    {"file": f, "start": s.total_seconds(), "end": None if pd.isna(e) else e.total_seconds(), "label": l}
    for (f, s, e), l in zip(index, labels)
]
(folder / "expected.json").write_text(json.dumps(rows, indent=1) + "\n")
