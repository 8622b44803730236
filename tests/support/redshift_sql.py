"""Redshift's statements as PostgreSQL's, read by sqlglot; refusals as Redshift makes them.

Whatever is not known here is refused, never passed on and hoped for. Not modelled, and without a
refusal: that Redshift takes 'a' = 'a ' for true, and lengths in bytes of explicit casts.
"""

import functools
import re
from dataclasses import dataclass, field, replace

import sqlglot
from sqlglot import exp

from support.redshift_ddl import alter_table, create_table, data_type, drop_table
from support.redshift_error import RedshiftError, not_modelled, not_supported, syntax_error
from support.redshift_lexer import Reader, Statement, Token, split

VERSION = ("PostgreSQL 8.0.2 on i686-pc-linux-gnu, compiled by GCC gcc (GCC) 3.4.2 20041017 "
           "(Red Hat 3.4.2-6.fc3), Redshift 1.0.77467")
MAX_STATEMENT = 16 << 20
MAX_FETCH = 1000  # of a cluster of a single node

# Settings of Redshift's; those that PostgreSQL knows by the same name and meaning are `True`.
SETTINGS = {"search_path": True, "statement_timeout": True, "timezone": True, "datestyle": True,
            "application_name": True, "client_encoding": True, "extra_float_digits": True,
            "query_group": False, "wlm_query_slot_count": False,
            "enable_result_cache_for_session": False, "analyze_threshold_percent": False,
            "error_on_nondeterministic_update": False}


@dataclass
class Plan:
    """What to do for one statement. `kind`: query (gives rows), command, or a word of its own."""

    kind: str
    sql: str = ""
    tag: str = ""  # if it is not PostgreSQL's
    writes: list[str] = field(default_factory=list)  # tables whose write lock it takes
    moment: bool = False  # depends on what the stand-in knows now: translate again when it runs


class Moment:
    """What a translation may ask of the session it is for."""

    copy_id = -1
    copy_count = 0
    in_transaction = False

    def has_view(self, name: str) -> bool:
        """Whether it is a load view. Throws RedshiftError if this user may not read it."""
        raise NotImplementedError

    def view_rows(self, name: str) -> str:
        """A subquery that gives its rows."""
        raise NotImplementedError

    def foreign_keys_to(self, tables: list[str]) -> list[str]:
        """Names of the tables, other than these, that refer to one of them."""
        raise NotImplementedError


def translate(statement: Statement, moment: Moment) -> Plan:
    """Throws RedshiftError for what Redshift, or the stand-in, does not take."""
    if len(statement.text.encode()) > MAX_STATEMENT:
        raise RedshiftError("54000", "Statement is too large. Statement Size: "
                            f"{len(statement.text.encode())} bytes. Maximum Allowed: "
                            f"{MAX_STATEMENT} bytes")
    plan = _timeless.get(statement.text)
    if plan is None:
        plan = _plan(statement, moment)
        if not plan.moment:
            if len(_timeless) > 500:
                _timeless.clear()
            _timeless[statement.text] = plan
    return replace(plan, sql=re.sub(
        f'"{_VIEW}(\\w+)"', lambda match: moment.view_rows(match[1]), plan.sql))


# What means the same at all times, because sqlglot takes its time.
_timeless: dict[str, Plan] = {}


def _plan(statement: Statement, moment: Moment) -> Plan:
    first = statement.words[0]
    if first in _SIMPLE:
        return _SIMPLE[first](Reader(statement), statement, moment)
    if first in ("SELECT", "WITH", "INSERT", "UPDATE", "DELETE", "MERGE", "CREATE", "DROP", "ALTER",
                 "("):
        return _with_sqlglot(statement, moment)
    if first in ("SAVEPOINT", "RELEASE", "LISTEN", "NOTIFY", "UNLISTEN", "DO", "CLUSTER", "REINDEX",
                 "CHECKPOINT", "LOAD", "RULE", "REASSIGN"):
        raise RedshiftError("0A000", f'SQL command "{statement.text.strip()}" not supported.')
    if first in ("VALUES", "TABLE", "REFRESH", "UNLOAD", "GRANT", "REVOKE", "COMMENT", "CALL",
                 "EXPLAIN", "PREPARE", "EXECUTE", "CANCEL", "SHOW_", "DEALLOCATE"):
        raise not_modelled(first)
    raise syntax_error(statement.tokens[0].text)


# ---- Statements that are not queries ------------------------------------------------------------


def _begin(reader: Reader, _statement, _moment) -> Plan:
    if reader.take().upper == "START":
        reader.expect("TRANSACTION")
    else:
        reader.accept("WORK", "TRANSACTION")
    read_only = ""
    while not reader.done:
        reader.accept(",")
        if reader.expect("ISOLATION", "READ") == "ISOLATION":
            # Redshift takes all levels for its own.
            reader.expect("LEVEL")
            if reader.expect("SERIALIZABLE", "REPEATABLE", "READ") != "SERIALIZABLE":
                reader.expect("READ", "COMMITTED", "UNCOMMITTED")
        else:
            read_only = " READ " + reader.expect("ONLY", "WRITE")
    return Plan("begin", "BEGIN" + read_only)


def _end(kind: str):
    def plan(reader: Reader, statement: Statement, _moment) -> Plan:
        reader.take()
        reader.accept("WORK", "TRANSACTION")
        if reader.next == "TO":
            raise RedshiftError("0A000", f'SQL command "{statement.text.strip()}" not supported.')
        reader.end()
        return Plan(kind, kind.upper())
    return plan


def _setting(name: str) -> str:
    """The name PostgreSQL keeps it under."""
    if name not in SETTINGS:
        raise RedshiftError("42704", f'unrecognized configuration parameter "{name}"')
    return name if SETTINGS[name] else f"redshift.{name}"


def check_setting(name: str, value: str) -> None:
    """Throws RedshiftError if SET, or a startup packet, may not give this."""
    name = name.lower()
    _setting(name)
    if name == "extra_float_digits" and not (value.lstrip("-").isdigit() and int(value) <= 2):
        raise RedshiftError("22023", f'{value} is outside the valid range for parameter '
                            '"extra_float_digits" (-15 .. 2)')
    if name == "client_encoding" and value.upper() not in ("UTF8", "UTF-8", "UNICODE"):
        raise RedshiftError("22023", f'invalid value for parameter "client_encoding": "{value}"')


def _set(reader: Reader, _statement, _moment) -> Plan:
    reader.take()
    scope = reader.accept("SESSION", "LOCAL")
    token = reader.take()
    if token.upper in ("TRANSACTION", "AUTHORIZATION", "CHARACTERISTICS", "TIME", "NAMES", "SEED"):
        raise not_modelled(f"SET {token.upper}")
    reader.expect("TO", "=")
    name, shown = _setting(token.name), []
    while not reader.done:
        value = reader.take()
        sign = "-" if value.text == "-" else ""
        value = reader.take() if sign else value
        if value.kind not in ("string", "quoted", "word", "number"):
            raise syntax_error(value.text)
        if value.upper == "DEFAULT" and not shown:
            reader.end()
            return Plan("command", f"SET {scope} {name} TO DEFAULT")
        plain = sign + (value.value if value.kind == "string" else value.text.strip('"'))
        check_setting(token.name, plain)
        shown.append(_quote(plain))
        if not reader.done:
            reader.expect(",")
    if not shown:
        raise syntax_error("end of input")
    return Plan("command", f"SET {scope} {name} TO {', '.join(shown)}")


def _reset(reader: Reader, _statement, _moment) -> Plan:
    reader.take()
    token = reader.take()
    reader.end()
    if token.upper == "ALL":
        raise not_modelled("RESET ALL")
    return Plan("command", f"RESET {_setting(token.name)}")


def _show(reader: Reader, _statement, _moment) -> Plan:
    reader.take()
    token = reader.take()
    reader.end()
    if token.upper in ("TABLES", "SCHEMAS", "DATABASES", "COLUMNS", "ALL", "VIEW", "TABLE"):
        raise not_modelled(f"SHOW {token.upper}")
    if token.name in ("server_version", "transaction_isolation"):
        raise not_modelled(f"SHOW {token.name}")
    return Plan("query", f"SELECT current_setting('{_setting(token.name)}', true) AS"
                         f" {_quoted(token.name)}", tag="SHOW")


def _lock(reader: Reader, _statement, _moment) -> Plan:
    """ACCESS EXCLUSIVE only, with no other mode to ask for."""
    reader.take()
    reader.accept("TABLE")
    tables = [_table(reader.table())]
    while reader.accept(","):
        tables.append(_table(reader.table()))
    reader.end()
    return Plan("command", f"LOCK TABLE {', '.join(tables)} IN ACCESS EXCLUSIVE MODE")


def _truncate(reader: Reader, _statement, _moment) -> Plan:
    reader.take()
    reader.accept("TABLE")
    table = _table(reader.table())
    reader.end()
    return Plan("truncate", f"TRUNCATE TABLE {table}")


def _vacuum(reader: Reader, _statement, moment: Moment) -> Plan:
    reader.take()
    if moment.in_transaction:
        raise RedshiftError("25001", "VACUUM cannot run inside a transaction block")
    if reader.accept("FULL", "SORT", "DELETE", "RECLUSTER") in ("SORT", "DELETE"):
        reader.expect("ONLY")
    table = _table(reader.table()) if not reader.done else ""
    if reader.accept("TO"):
        reader.integer()
        reader.expect("PERCENT")
    reader.accept("BOOST")
    reader.end()
    return Plan("command", f"VACUUM {table}", moment=True)


def _analyze(reader: Reader, _statement, _moment) -> Plan:
    reader.take()
    if reader.next == "COMPRESSION":
        raise not_modelled("ANALYZE COMPRESSION")
    reader.accept("VERBOSE")
    table = _table(reader.table()) if not reader.done else ""
    if reader.accept("PREDICATE", "ALL"):
        reader.expect("COLUMNS")
    elif reader.accept("("):
        names = [_quoted(reader.take().name)]
        while reader.accept(","):
            names.append(_quoted(reader.take().name))
        reader.expect(")")
        table += f" ({', '.join(names)})"
    reader.end()
    return Plan("command", f"ANALYZE {table}")


def _declare(reader: Reader, statement: Statement, moment: Moment) -> Plan:
    reader.take()
    cursor = _quoted(reader.take().name)
    reader.expect("CURSOR")
    begin = next((token.begin + 3 for token in statement.tokens if token.upper == "FOR"), None)
    reader.expect("FOR")
    shift = next(i for i, token in enumerate(statement.tokens) if token.upper == "FOR") + 1
    query = Statement(statement.text[begin:], tuple(
        Token(token.kind, token.text, token.begin - begin) for token in statement.tokens[shift:]))
    if not query.tokens or query.words[0] not in ("SELECT", "WITH"):
        raise syntax_error(query.tokens[0].text if query.tokens else "end of input")
    inner = _plan(query, moment)
    return Plan(
        "command", f"DECLARE {cursor} NO SCROLL CURSOR FOR {inner.sql}", moment=inner.moment)


def _fetch(reader: Reader, _statement, _moment) -> Plan:
    reader.take()
    count = "1"
    if reader.accept("NEXT"):
        pass
    elif reader.accept("ALL"):
        count = "ALL"
    else:
        reader.accept("FORWARD")
        if reader.next == "ALL":
            count = reader.take().upper
        elif reader.next.isdigit():
            count = str(reader.integer())
    if count == "ALL" or int(count) > MAX_FETCH:
        raise RedshiftError("0A000", f"Fetch size {count} exceeds the limit of {MAX_FETCH} for a "
                            "single node configuration. Reduce the client fetch/cache size or "
                            "upgrade to a multi node installation.")
    reader.expect("FROM")
    cursor = _quoted(reader.take().name)
    reader.end()
    return Plan("query", f"FETCH FORWARD {count} FROM {cursor}")


def _close(reader: Reader, _statement, _moment) -> Plan:
    reader.take()
    cursor = _quoted(reader.take().name)
    reader.end()
    return Plan("command", f"CLOSE {cursor}")


def _deallocate(reader: Reader, statement: Statement, _moment) -> Plan:
    reader.take()
    reader.accept("PREPARE")
    if reader.next == "ALL":
        raise RedshiftError("0A000", f'SQL command "{statement.text.strip()}" not supported.')
    name = _quoted(reader.take().name)
    reader.end()
    return Plan("command", f"DEALLOCATE {name}")


_SIMPLE = {
    "BEGIN": _begin, "START": _begin, "COMMIT": _end("commit"), "END": _end("commit"),
    "ROLLBACK": _end("rollback"), "ABORT": _end("rollback"), "SET": _set, "RESET": _reset,
    "SHOW": _show, "LOCK": _lock, "TRUNCATE": _truncate, "VACUUM": _vacuum, "ANALYZE": _analyze,
    "DECLARE": _declare, "FETCH": _fetch, "CLOSE": _close, "DEALLOCATE": _deallocate,
    "COPY": lambda *_: Plan("copy"),
}


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _quote(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _table(name: tuple[str | None, str]) -> str:
    return ".".join(_quoted(part) for part in name if part)


_NO_GRAMMAR = {"LOCK", "DECLARE", "FETCH", "CLOSE", "VACUUM", "RESET"}


def read_by_sqlglot(text: str) -> bool:
    """Whether sqlglot has a tree for the statement, or has no grammar for any like it."""
    (statement,) = split(text)
    if statement.words[0] in _NO_GRAMMAR or list(statement.words[:2]) == ["BEGIN", "ISOLATION"]:
        return True
    try:
        trees = sqlglot.parse(_readable(statement), read="redshift")
    except sqlglot.errors.SqlglotError:
        return False
    return len(trees) == 1 and not isinstance(trees[0], (exp.Command, type(None)))


# ---- Queries and DDL, through sqlglot ------------------------------------------------------------

_STRUCTURE = {
    "Select", "Union", "Except", "Intersect", "Insert", "Update", "Delete", "Merge", "When",
    "Whens", "From", "Join", "Where", "Group", "Having", "Order", "Ordered", "Limit", "Offset",
    "Distinct", "Qualify", "With", "CTE", "Subquery", "TableAlias", "Table", "Schema", "Identifier",
    "Column", "Star", "Alias", "Values", "Tuple", "Paren", "Literal", "Boolean", "Null", "Var",
    "Parameter", "Window", "WindowSpec", "Interval", "Cast", "DataType", "DataTypeParam", "Case",
    "If", "And", "Or", "Not", "EQ", "NEQ", "LT", "LTE", "GT", "GTE", "Is", "In", "Between",
    "Exists", "Like", "ILike", "Escape", "RegexpLike", "Add", "Sub", "Mul", "Div", "Mod", "Neg",
    "DPipe", "Anonymous"}
_FUNCTIONS = {
    "Count", "Sum", "Min", "Max", "Avg", "RowNumber", "Rank", "DenseRank", "Lag", "Lead",
    "FirstValue", "LastValue", "Coalesce", "Nullif", "DecodeCase", "Nvl2", "Greatest", "Least",
    "Upper", "Lower", "Trim", "Length", "Substring", "StrPosition", "Left", "Right", "Pad",
    "Replace", "MD5", "Abs", "Round", "Ceil", "Floor", "Extract", "TimestampTrunc", "TsOrDsAdd",
    "TsOrDsDiff", "CurrentDate", "CurrentUser", "CurrentVersion", "Concat", "CurrentTimestamp",
    "TimeToStr", "CurrentDatabase", "CurrentSchema", "SplitPart", "Chr"}
# By their own names; no other function is called through.
_NAMED = {"PG_BACKEND_PID", "PG_LAST_COPY_ID", "PG_LAST_COPY_COUNT", "VERSION", "REPLACE", "BTRIM",
          "HAS_TABLE_PRIVILEGE", "HAS_SCHEMA_PRIVILEGE", "CURRENT_DATABASE", "CURRENT_SCHEMA",
          "OCTET_LENGTH", "RANK", "DENSE_RANK"}
_LEADER_ONLY = {"NOW", "CURRENT_TIMESTAMP", "CURRENT_TIME", "LOCALTIME", "LOCALTIMESTAMP"}
_UNITS = {"year", "quarter", "month", "week", "day", "hour", "minute", "second", "dow", "doy",
          "epoch"}
_VIEW = "redshift_view_"  # stands for the rows until the statement is written
_SYSTEM = ("stl_", "stv_", "svl_", "svv_", "sys_")


def _many_rows(statement: Statement, moment: Moment) -> Plan | None:
    """INSERT ... VALUES of literals and parameters only: sqlglot reads the first row, and the
    others, of which there may be hundreds, are written like it."""
    words = statement.words
    if words[0] != "INSERT" or "VALUES" not in words:
        return None
    at = words.index("VALUES") + 1
    rows: list[list[str]] = []
    reader = Reader(Statement("", statement.tokens[at:]))
    while not reader.done:
        if reader.accept("(") == "":
            return None
        row: list[str] = []
        while reader.next != ")":
            token = reader.take()
            sign = token.text if token.text in ("-", "+") else ""
            token = reader.take() if sign else token
            if token.kind == "string":
                row.append(sign + _quote(token.value))
            elif token.kind in ("number", "param") or token.upper in ("NULL", "TRUE", "FALSE"):
                row.append(sign + token.text)
            else:
                return None
            if not reader.accept(",") and reader.next != ")":
                return None
        reader.expect(")")
        rows.append(row)
        if not reader.done and not reader.accept(","):
            return None
    if len(rows) < 2:
        return None
    if len(set(map(len, rows))) > 1:
        raise RedshiftError("42601", "VALUES lists must all be the same length")
    head = statement.text[:statement.tokens[at].begin]
    values = "(" + ", ".join("0" for _ in rows[0]) + ")"
    plan = _with_sqlglot(split(head + values)[0], moment)
    return replace(plan, sql=plan.sql.removesuffix(values) + ", ".join(
        "(" + ", ".join(row) + ")" for row in rows))


def _with_sqlglot(statement: Statement, moment: Moment) -> Plan:
    if plan := _many_rows(statement, moment):
        return plan
    for token, after in zip(statement.tokens, (*statement.tokens[1:], None)):
        if token.upper in _LEADER_ONLY and statement.words[0] != "CREATE":
            raise not_supported(f"{token.upper}, a function of the leader node,")
        if token.kind == "other" and token.text == "$":
            raise syntax_error("$")
        # E'...' came with PostgreSQL 8.1.
        if token.upper == "E" and after and after.kind == "string" and (
                after.begin == token.begin + 1):
            raise RedshiftError("42704", 'type "e" does not exist')
    tree = _parse(_readable(statement)).copy()
    if isinstance(tree, exp.Create):
        return _create(tree, moment)
    if isinstance(tree, exp.Drop):
        return _drop(tree, moment)
    if isinstance(tree, exp.Alter):
        for kind in tree.find_all(exp.DataType):
            kind.replace(data_type(kind))
        alter_table(tree)
        _names(tree)
        return Plan("command", _write(tree))
    if not isinstance(tree, (exp.Query, exp.Insert, exp.Update, exp.Delete, exp.Merge)):
        raise not_modelled(type(tree).__name__)
    writes = _targets(tree)
    needs_moment = adapt(tree, moment)
    return Plan("query" if isinstance(tree, exp.Query) else "command", _write(tree), writes=writes,
                tag="SELECT" if isinstance(tree, exp.Query) else "", moment=needs_moment)


def _create(tree: exp.Create, moment: Moment) -> Plan:
    body = tree.expression
    needs_moment = adapt(body, moment) if body else False
    sql = create_table(tree, lambda node: (adapt(node, moment), _write(node))[1],
                       lambda node: (_names(node), _write(node))[1])
    return Plan("command", sql, tag=f"CREATE {tree.kind.upper()}", moment=needs_moment)


def _drop(tree: exp.Drop, moment: Moment) -> Plan:
    tables = drop_table(tree)
    if not tree.args.get("cascade") and tree.kind == "TABLE":
        holders = moment.foreign_keys_to(
            [_table((table.db.lower(), table.name.lower())) for table in tables])
        if holders:
            raise RedshiftError("2BP01", f"cannot drop table {tables[0].name} because other "
                                f"objects depend on it (constraint of table {', '.join(holders)})",
                                hint="Use DROP ... CASCADE to drop the dependent objects too.")
    _names(tree)
    return Plan("command", _write(tree), moment=True)


def _readable(statement: Statement) -> str:
    """With names in place of $1, and with nothing in it that sqlglot cannot read."""
    parts, at = [], 0
    tokens = statement.tokens
    creates = statement.words[:1] == ["CREATE"]
    for i, token in enumerate(tokens):
        instead = None
        if token.kind == "param":
            instead = f"dwh_parameter_{token.text[1:]}"
        elif creates and token.upper in ("DISTKEY", "SORTKEY") and (
                i + 1 < len(tokens) and tokens[i + 1].text != "("):
            instead = ""
        elif creates and token.upper == "IDENTITY" and tokens[i - 1].upper != "AS":
            # Takes no value from outside, unlike GENERATED BY DEFAULT AS IDENTITY.
            instead = "GENERATED ALWAYS AS IDENTITY"
        if instead is not None:
            parts.append(statement.text[at:token.begin] + instead)
            at = token.begin + len(token.text)
    return "".join(parts) + statement.text[at:]


@functools.lru_cache(maxsize=256)
def _parse(text: str) -> exp.Expression:
    try:
        trees = sqlglot.parse(text, read="redshift")
    except sqlglot.errors.SqlglotError as error:
        near = error.errors[0]["highlight"] if getattr(error, "errors", None) else str(error)
        raise syntax_error(near) from error
    if len(trees) != 1 or trees[0] is None:
        raise not_modelled(text)
    if isinstance(trees[0], exp.Command):
        raise not_modelled(text.strip()[:80])
    return trees[0]


def _targets(tree: exp.Expression) -> list[str]:
    if isinstance(tree, exp.Query):
        return []
    table = tree.this.this if isinstance(tree.this, exp.Schema) else tree.this
    if isinstance(tree, exp.Delete) and table.alias:
        raise syntax_error(table.alias)
    return [_table((table.db.lower() or None, table.name.lower()))]


def adapt(tree: exp.Expression, moment: Moment) -> bool:
    """Turns a query or an expression into PostgreSQL's, in place. True if it needs the moment."""
    for node in list(tree.walk()):
        _check(node)
    _merge_shape(tree)
    _leader_and_compute(tree)
    needs_moment = _system_views(tree, moment)
    for node in list(tree.walk()):
        if isinstance(node, exp.DataType):
            node.replace(data_type(node))
        needs_moment |= _rewrite(node, moment)
    _names(tree)
    return needs_moment


def _check(node: exp.Expression) -> None:
    kind = type(node).__name__
    if isinstance(node, exp.Filter):
        raise syntax_error("(")
    if isinstance(node, (exp.NullSafeNEQ, exp.NullSafeEQ)):
        raise syntax_error("DISTINCT")
    if isinstance(node, exp.Distinct) and node.args.get("on"):
        raise not_supported("SELECT DISTINCT ON")
    if isinstance(node, exp.OnConflict):
        raise syntax_error("ON")
    if isinstance(node, exp.Returning):
        raise syntax_error("RETURNING")
    if isinstance(node, exp.Values) and not isinstance(node.parent, exp.Insert):
        raise syntax_error("VALUES")
    if isinstance(node, exp.ByteString):
        raise RedshiftError("42704", 'type "e" does not exist')
    if isinstance(node, exp.ExplodingGenerateSeries) or kind == "GenerateSeries":
        raise not_supported("generate_series, a function of the leader node,")
    if isinstance(node, exp.Anonymous) and isinstance(node.parent, exp.Merge):
        return
    if isinstance(node, exp.Anonymous) and node.name.upper() not in _NAMED:
        raise RedshiftError("42883", f"function {node.name.lower()}() does not exist")
    if kind in _FUNCTIONS or kind in _STRUCTURE:
        return
    if isinstance(node, exp.Func):
        raise RedshiftError("42883", f"function {node.sql_name().lower()}() does not exist",
                            hint="or the stand-in does not know it")
    raise not_modelled(f"{kind}: {node.sql('redshift')[:80]}")


def _merge_shape(tree: exp.Expression) -> None:
    """One WHEN MATCHED and one WHEN NOT MATCHED, both without conditions; no WITH."""
    for merge in tree.find_all(exp.Merge):
        whens = merge.args["whens"].expressions
        if sorted(bool(when.args.get("matched")) for when in whens) != [False, True] or any(
                when.args.get("condition") or when.args.get("source") for when in whens):
            raise syntax_error("WHEN")
        if merge.args.get("with_"):
            raise syntax_error("WITH")
        for when in whens:
            then = when.args["then"]
            if isinstance(then, exp.Insert) and not isinstance(then.this, exp.Tuple):
                raise not_modelled("MERGE ... INSERT without a list of columns")


def _leader_and_compute(tree: exp.Expression) -> None:
    """Catalogue tables live on the leader node and cannot be joined with tables of users."""
    names = {cte.alias.lower() for cte in tree.find_all(exp.CTE)}
    kinds = set()
    for table in tree.find_all(exp.Table):
        name = table.name.lower()
        if name in names or name.startswith(_SYSTEM):
            continue
        kinds.add(table.db.lower() in ("pg_catalog", "information_schema")
                  or name.startswith("pg_"))
    if len(kinds) == 2:
        raise RedshiftError("0A000", "Specified types or functions (one per INFO message) not "
                            "supported on Redshift tables.")


def _system_views(tree: exp.Expression, moment: Moment) -> bool:
    found = False
    for table in list(tree.find_all(exp.Table)):
        if table.db.lower() not in ("", "pg_catalog"):
            continue
        name = table.name.lower()
        if name.startswith(_SYSTEM) and moment.has_view(name):
            alias = exp.to_identifier(table.alias or name)
            table.replace(exp.Table(this=exp.to_identifier(_VIEW + name),
                                    alias=exp.TableAlias(this=alias)))
            found = True
    return found


def _rewrite(node: exp.Expression, moment: Moment) -> bool:
    """What sqlglot leaves as it is. True if the session's state went into it."""
    instead, needs_moment = None, False
    if isinstance(node, exp.Column) and node.name.startswith("dwh_parameter_"):
        instead = exp.Parameter(this=exp.Literal.number(node.name.rpartition("_")[2]))
    elif isinstance(node, exp.CurrentVersion):
        instead = exp.Literal.string(VERSION)
    elif isinstance(node, exp.Anonymous) and node.name.upper() == "PG_LAST_COPY_ID":
        instead, needs_moment = exp.cast(exp.convert(moment.copy_id), "INT"), True
    elif isinstance(node, exp.Anonymous) and node.name.upper() == "PG_LAST_COPY_COUNT":
        instead, needs_moment = exp.cast(exp.convert(moment.copy_count), "BIGINT"), True
    elif isinstance(node, exp.CurrentTimestamp):
        name = "redshift.sysdate" if node.args.get("sysdate") else "redshift.getdate"
        instead = exp.Anonymous(this=name)
    elif isinstance(node, exp.Avg):
        instead = exp.Anonymous(this="redshift.avg", expressions=[node.this.copy()])
    elif isinstance(node, exp.Round) and node.args.get("decimals"):
        instead = exp.Anonymous(this="redshift.round", expressions=[
            node.this.copy(), node.args["decimals"].copy()])
    elif isinstance(node, exp.Extract):
        instead = _extract(node)
    elif isinstance(node, (exp.TsOrDsAdd, exp.TsOrDsDiff)):
        name = "redshift.dateadd" if isinstance(node, exp.TsOrDsAdd) else "redshift.datediff"
        unit = exp.Literal.string(_unit(node.text("unit") or "day"))
        instead = exp.Anonymous(this=name, expressions=[
            unit, node.expression.copy(), exp.cast(node.this.copy(), "TIMESTAMP")])
        if isinstance(node, exp.TsOrDsDiff):
            instead.expressions[1].replace(exp.cast(node.expression.copy(), "TIMESTAMP"))
    elif isinstance(node, exp.Concat):
        if len(node.expressions) != 2:
            raise RedshiftError("42883", "function concat() with other than two arguments does not "
                                "exist")
        instead = exp.Paren(this=exp.DPipe(this=node.expressions[0].copy(),
                                           expression=node.expressions[1].copy()))
    if instead is not None:
        # Arguments were copied: what is in them must be looked at in the copy.
        for child in list(instead.walk())[1:]:
            needs_moment |= _rewrite(child, moment)
        if node.parent is None:
            raise not_modelled("an expression of this shape")
        node.replace(instead)
    return needs_moment


def _unit(name: str) -> str:
    name = name.strip("'").lower()
    if name not in _UNITS:
        raise not_modelled(f"the date part {name}")
    return name


def _extract(node: exp.Extract) -> exp.Expression | None:
    """An integer, where PostgreSQL gives a number with a fraction."""
    if isinstance(node.parent, exp.Anonymous) and node.parent.name == "TRUNC":
        return None
    unit = _unit(node.name)
    return exp.cast(exp.Anonymous(this="TRUNC", expressions=[
        exp.Extract(this=exp.var(unit), expression=node.expression.copy())]),
        "BIGINT" if unit == "epoch" else "INT")


def _names(tree: exp.Expression) -> None:
    """Lower case and quoted, all of them: no name can be a keyword of PostgreSQL's."""
    for node in tree.find_all(exp.Identifier):
        if node.name.upper() == "DEFAULT" and not node.quoted:
            continue
        if len(node.name.encode()) > 63:
            raise not_modelled(f"names longer than 63 bytes: {node.name}")
        node.set("this", node.name.lower())
        node.set("quoted", True)


def _write(tree: exp.Expression) -> str:
    return tree.sql("postgres", unsupported_level=sqlglot.ErrorLevel.RAISE)
