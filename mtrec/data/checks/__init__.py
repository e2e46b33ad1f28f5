"""What a person should know about their data before they trust a figure made from it.

One file an idea. Each check is a function of tables that returns warnings, none on sound data.
"""

from mtrec.data.checks.duplicates import check_duplicates
from mtrec.data.checks.ids import check_ids
from mtrec.data.checks.interactions import ENOUGH_ITEMS, FEW_ITEMS, check_interactions
from mtrec.data.checks.label_words import check_label_words
from mtrec.data.checks.labels import RARE, UNBALANCED, check_tasks
from mtrec.data.checks.leaks import check_columns, check_related_tasks
from mtrec.data.checks.people import check_people
from mtrec.data.checks.personal import check_personal, mask_personal
from mtrec.data.checks.splits import check_splits

__all__ = [
    "ENOUGH_ITEMS",
    "FEW_ITEMS",
    "RARE",
    "UNBALANCED",
    "check_columns",
    "check_duplicates",
    "check_ids",
    "check_interactions",
    "check_label_words",
    "check_people",
    "check_personal",
    "check_related_tasks",
    "check_splits",
    "check_tasks",
    "mask_personal",
]
