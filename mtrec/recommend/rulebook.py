"""The rules that were written for a run, kept in its folder, and the knowledge beside them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path, PurePath

from mtrec.data.readers import SUFFIXES
from mtrec.errors import InputError
from mtrec.files import replacing
from mtrec.recommend.rules import FILE, Rules, load_rules, save_rules

FOLDER = "rules"  # in a run's folder
KNOWLEDGE = "knowledge"


class Rulebook:
    """A run's file of rules, replaced in one piece whenever something changes.

    Attributes:
        folder: where the file lies, and the knowledge that it names.
    """

    def __init__(self, run_folder: Path) -> None:
        self.folder = run_folder / FOLDER

    @property
    def path(self) -> Path:
        """The file, which is there once rules were kept."""
        return self.folder / FILE

    def read(self) -> Rules:
        """The rules as they were kept last; none where nothing was.

        Raises:
            InputError: somebody else wrote to the file what no rule can say.
        """
        return load_rules(self.path) if self.path.exists() else Rules()

    def keep(self, rules: Rules) -> None:
        """Replaces the rules, and clears away knowledge that none of them needs any more."""
        self.folder.mkdir(parents=True, exist_ok=True)
        save_rules(rules, self.path)
        for old in self.folder.glob(f"{KNOWLEDGE}-*"):
            if old.name != rules.knowledge:
                old.unlink(missing_ok=True)

    def take(
        self,
        rules: Rules,
        knowledge: tuple[str, bytes] | None,
        check: Callable[[Rules], object],
    ) -> Rules:
        """Keeps rules, and knowledge that came along, after a check of both; all or nothing.

        Args:
            knowledge: what its file is called and holds. It is kept under a name of its own, which
                the rules then say. None leaves the knowledge that is here, where there is any.
            check: raises what is wrong with the rules, their knowledge lying in `folder`.

        Returns:
            The rules as they were kept.
        """
        before = self.read().knowledge
        self.folder.mkdir(parents=True, exist_ok=True)
        written = None
        if knowledge is not None:
            written = self.folder / _name(*knowledge)
            with replacing(written) as part:
                part.write_bytes(knowledge[1])
        name = before if written is None else written.name
        if rules.knowledge is not None and name is None:
            raise InputError(
                "The knowledge that the rules name did not come along",
                expected=f"{rules.knowledge} beside the file of rules",
                found="the file of rules alone",
                where=f"{FILE}: knowledge",
                fix=f"drop both files, or remove knowledge: from {FILE}",
            )
        taken = rules.model_copy(update={"knowledge": name})
        try:
            check(taken)
        except BaseException:
            if written is not None and written.name != before:
                written.unlink(missing_ok=True)
            raise
        self.keep(taken)
        return taken


def _name(sent: str, content: bytes) -> str:
    """By content, with the ending that says how to read it."""
    lower = PurePath(sent).name.lower()
    ending = next((each for each in SUFFIXES if lower.endswith(each)), "")
    return f"{KNOWLEDGE}-{hashlib.sha256(content).hexdigest()[:12]}{ending}"
