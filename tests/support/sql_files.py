"""The files of sql/, as etl reads them."""

from pathlib import Path

SQL_DIR = Path(__file__).resolve().parents[2] / "sql"
MODELS = ["classic", "history"]


def files_of(model: str, step: str) -> list[Path]:
    """In the order of their names; those of another model take the place of classic's."""
    found = {path.name: path for layer in ("classic", model)
             for path in (SQL_DIR / layer / step).glob("*.sql")}
    return [found[name] for name in sorted(found)]
