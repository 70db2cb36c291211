"""`cqa-train`: makes the models that CQA Desktop loads."""

from __future__ import annotations
