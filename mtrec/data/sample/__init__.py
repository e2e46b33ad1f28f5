"""A shop made up from a seed, with the truth about its people known.

`python -m mtrec.data.sample FOLDER --seed 0` writes it as CSVs with their recipe.
"""

from mtrec.data.sample.shop import Sample, generate
from mtrec.data.sample.truth import ACTIVITIES, Truth

__all__ = ["ACTIVITIES", "Sample", "Truth", "generate"]
