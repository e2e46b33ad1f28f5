"""Task types. Registering one is one line; where a recipe names none, the first that fits wins."""

from __future__ import annotations

from mtrec.tasks.base import TaskType
from mtrec.tasks.binary import Binary
from mtrec.tasks.multiclass import Multiclass
from mtrec.tasks.multilabel import Multilabel
from mtrec.tasks.ordinal import Ordinal
from mtrec.tasks.relation import Relation
from mtrec.tasks.tags import Tags

TASK_TYPES: dict[str, TaskType] = {
    Relation.type: Relation(),
    Tags.type: Tags(),
    Multilabel.type: Multilabel(),
    Ordinal.type: Ordinal(),
    Binary.type: Binary(),
    Multiclass.type: Multiclass(),
}
