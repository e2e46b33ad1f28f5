"""An exported run as MLflow serves it: this file is the model's code, which nothing else imports.

MLflow runs it where the run is served, beside a copy of this package; what was learned comes from
the folder's artifacts.
"""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import pandas as pd
from mlflow.exceptions import MlflowException
from mlflow.models import set_model
from mlflow.protos.databricks_pb2 import INTERNAL_ERROR, INVALID_PARAMETER_VALUE
from mlflow.pyfunc.model import PythonModel, PythonModelContext

from mtrec.errors import InputError
from mtrec.recommend.stored import FOLDER
from mtrec.runs.serving import open_answers
from mtrec.shortages import shortage

logger = logging.getLogger(__name__)


class Refusal(MlflowException):
    """A sentence for whoever asked; MLflow would print the whole request in front of it."""

    def serialize_as_json(self) -> str:
        return json.dumps({"error_code": self.error_code, "message": str(self)})


class Served(PythonModel):
    """Answers requests as `Answers` does."""

    def load_context(self, context: PythonModelContext) -> None:
        self._answers = open_answers(Path(context.artifacts[FOLDER]).parent)

    def predict(
        self,
        context: PythonModelContext,
        model_input: pd.DataFrame,
        params: dict[str, Any] | None = None,
    ) -> list[dict[str, Any]]:
        """One answer a row.

        Raises:
            Refusal: the request cannot be understood (HTTP 400), or answering failed (500).
        """
        try:
            return self._answers.answer(model_input)
        except InputError as error:
            raise Refusal(error.sentence(), INVALID_PARAMETER_VALUE) from error
        except Exception as error:
            # The last border before a person: MLflow would send the traceback along.
            logger.exception("A request could not be answered")
            known = shortage(error)
            said = f"Something went wrong that nobody foresaw ({type(error).__name__})."
            raise Refusal(said if known is None else known.sentence(), INTERNAL_ERROR) from error


set_model(Served())
