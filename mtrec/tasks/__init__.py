"""Label types. Registering one is one line; where a recipe names none, the first that fits wins."""

from __future__ import annotations

from mtrec.data.labels import LabelType
from mtrec.tasks.base import TaskType
from mtrec.tasks.binary import Binary
from mtrec.tasks.multiclass import Multiclass
from mtrec.tasks.multilabel import Multilabel
from mtrec.tasks.ordinal import Ordinal
from mtrec.tasks.relation import Relation
from mtrec.tasks.tags import Tags

LABEL_TYPES: dict[str, LabelType] = {
    Relation.type: Relation(),
    Tags.type: Tags(),
    Multilabel.type: Multilabel(),
    Ordinal.type: Ordinal(),
    Binary.type: Binary(),
    Multiclass.type: Multiclass(),
}
TASK_TYPES: dict[str, TaskType] = {
    name: each for name, each in LABEL_TYPES.items() if isinstance(each, TaskType)
}
"""Those that can be learned, too."""
