"""Task types. Registering one is one line here; where a recipe names none, the first match wins."""

from __future__ import annotations

from mtrec.tasks.base import TaskType
from mtrec.tasks.binary import Binary
from mtrec.tasks.multiclass import Multiclass

TASK_TYPES: dict[str, TaskType] = {
    Binary.type: Binary(),
    Multiclass.type: Multiclass(),
}
