"""What the Redshift stand-in refuses with."""


class RedshiftError(Exception):
    """An ErrorResponse: SQLSTATE and primary message, with a detail where Redshift gives one."""

    def __init__(self, sqlstate: str, message: str, detail: str = "", hint: str = ""):
        super().__init__(message)
        self.sqlstate = sqlstate
        self.message = message
        self.detail = detail
        self.hint = hint


def syntax_error(near: str) -> RedshiftError:
    return RedshiftError("42601", f'syntax error at or near "{near}"')


def not_supported(what: str) -> RedshiftError:
    return RedshiftError("0A000", f"{what} is not supported")


def not_modelled(what: str) -> RedshiftError:
    """For what Redshift may well do, and this stand-in does not: no test may go on past it."""
    return RedshiftError("0A000", f"the stand-in does not know {what}",
                         hint="Teach tests/support/redshift_*.py what Redshift does with it.")
