"""CREATE, ALTER and DROP of Redshift as PostgreSQL's.

Keys are information: PRIMARY KEY makes its columns NOT NULL and nothing else. A VARCHAR's length is
bytes, which a CHECK holds where PostgreSQL counts characters. IDENTITY counts with gaps, as many
slices do: what relies on consecutive values fails here as it does there.
"""

from collections.abc import Callable

from sqlglot import exp

from support.redshift_error import RedshiftError, not_modelled, syntax_error

BYTES = "redshift_bytes"  # begins the names of the CHECKs
SLICES = 3
_KINDS = {"SMALLINT", "INT", "BIGINT", "DECIMAL", "FLOAT", "DOUBLE", "BOOLEAN", "CHAR", "VARCHAR",
          "TEXT", "BPCHAR", "NVARCHAR", "NCHAR", "DATE", "TIMESTAMP", "TIMESTAMPTZ", "TIME"}


def data_type(node: exp.DataType) -> exp.DataType:
    """The type that PostgreSQL has for it, with Redshift's lengths."""
    kind = node.this.name if hasattr(node.this, "name") else str(node.this)
    if kind == "INTERVAL" and isinstance(node.parent, exp.Interval):
        return node.copy()
    if kind not in _KINDS or node.args.get("nested"):
        raise RedshiftError("42704", f'type "{node.sql("redshift").lower()}" does not exist',
                            hint="or the stand-in does not know it")
    length = [param.name.upper() for param in node.expressions]
    if kind == "DECIMAL":
        precision, scale = (int(n) for n in (length + ["0"])[:2]) if length else (18, 0)
        if precision > 38 or scale > min(precision, 37):
            raise RedshiftError("22023", f"NUMERIC precision {precision} must be between 1 and 38")
        return exp.DataType.build(f"DECIMAL({precision},{scale})", dialect="postgres")
    if kind in ("CHAR", "NCHAR", "BPCHAR"):
        size = _length(length, 256 if kind == "BPCHAR" else 1, 4096)
        return exp.DataType.build(f"CHAR({size})", dialect="postgres")
    if kind in ("VARCHAR", "NVARCHAR", "TEXT"):
        return exp.DataType.build(f"VARCHAR({_length(length, 256, 65535)})", dialect="postgres")
    return exp.DataType.build("REAL" if kind == "FLOAT" else kind, dialect="postgres")


def _length(given: list[str], default: int, greatest: int) -> int:
    size = greatest if given == ["MAX"] else int(given[0]) if given else default
    if not 1 <= size <= greatest:
        raise RedshiftError("42601", f"length for type character varying cannot exceed {greatest}")
    return size


def create_table(tree: exp.Create, expression: Callable, name: Callable) -> str:
    """The statements for CREATE TABLE, VIEW or SCHEMA. `expression` writes a DEFAULT or a query,
    `name` a table's name."""
    exists = "IF NOT EXISTS " if tree.args.get("exists") else ""
    if tree.kind == "SCHEMA":
        return f"CREATE SCHEMA {exists}{_schema_name(tree)}"
    properties = tree.args.get("properties")
    attributes = properties.expressions if properties else []
    for attribute in attributes:
        if not isinstance(attribute, _ATTRIBUTES):
            raise not_modelled(attribute.sql("redshift"))
    if tree.kind == "VIEW":
        replace = "OR REPLACE " if tree.args.get("replace") else ""
        if not isinstance(tree.this, exp.Table):
            raise not_modelled("CREATE VIEW with a list of columns")
        return f"CREATE {replace}VIEW {name(tree.this)} AS {expression(tree.expression)}"
    if tree.kind != "TABLE":
        raise not_modelled(f"CREATE {tree.kind}")
    table = tree.this.this if isinstance(tree.this, exp.Schema) else tree.this
    temporary = table.name.startswith("#") or any(
        isinstance(attribute, exp.TemporaryProperty) for attribute in attributes)
    head = f"CREATE {'TEMPORARY ' * temporary}TABLE {exists}{name(table)}"
    if tree.expression:
        if isinstance(tree.this, exp.Schema):
            raise not_modelled("CREATE TABLE ... AS with a list of columns")
        return f"{head} AS {expression(tree.expression)}"
    return _columns(head, name(table), tree.this, attributes, expression, name)


_ATTRIBUTES = (exp.TemporaryProperty, exp.BackupProperty, exp.DistStyleProperty,
               exp.DistKeyProperty, exp.SortKeyProperty, exp.NoSchemaBindingProperty
               if hasattr(exp, "NoSchemaBindingProperty") else exp.TemporaryProperty)


def _schema_name(tree: exp.Create) -> str:
    table = tree.this
    return '"' + (table.db or table.name).lower() + '"'


def _columns(head: str, table: str, schema: exp.Schema, attributes, expression, name) -> str:
    likes = [part for part in schema.expressions if isinstance(part, exp.LikeProperty)]
    if likes:
        if len(schema.expressions) > 1 or any(
                (option.name.upper(), option.text("value").upper()) not in (
                    ("INCLUDING", "DEFAULTS"), ("EXCLUDING", "DEFAULTS"))
                for option in likes[0].expressions):
            raise not_modelled(schema.sql("redshift"))
        options = "".join(f" {o.name} {o.text('value')}" for o in likes[0].expressions)
        # CHECKs hold the lengths in bytes.
        return f"{head} (LIKE {name(likes[0].this)} INCLUDING CONSTRAINTS{options})"
    columns = [part for part in schema.expressions if isinstance(part, exp.ColumnDef)]
    known = {column.name.lower() for column in columns}
    keys, parents = set(), []
    for part in schema.expressions:
        if isinstance(part, exp.ColumnDef):
            continue
        _table_constraint(part, keys, parents, known)
    for attribute in attributes:
        for identifier in attribute.find_all(exp.Identifier) if isinstance(
                attribute, (exp.DistKeyProperty, exp.SortKeyProperty)) else []:
            _known(identifier.name, known)
        if isinstance(attribute, exp.SortKeyProperty):
            for identifier in attribute.this if isinstance(attribute.this, list) else []:
                _known(identifier.name, known)
    written = [_column(column, keys, parents, expression) for column in columns]
    sql = f"{head} ({', '.join(written)})"
    # Fails if there is no such table, as Redshift does.
    referred = "".join(f"; INSERT INTO redshift.foreign_keys SELECT '{_text(table)}'::regclass, "
                       f"'{_text(name(parent))}'::regclass" for parent in parents)
    return sql + referred


def _text(name: str) -> str:
    return name.replace("'", "''")


def _known(name: str, known: set[str]) -> None:
    if name.lower() not in known:
        raise RedshiftError("42703", f'column "{name.lower()}" named in key does not exist')


def _table_constraint(part, keys: set[str], parents: list, known: set[str]) -> None:
    inner = part.expressions if isinstance(part, exp.Constraint) else [part]
    for constraint in inner:
        if isinstance(constraint, (exp.PrimaryKey, exp.ForeignKey)):
            names = [column.name.lower() for column in constraint.expressions]
        elif isinstance(constraint, exp.UniqueColumnConstraint):
            names = [column.name.lower() for column in constraint.this.expressions]
        else:
            raise not_modelled(constraint.sql("redshift"))
        for column in names:
            _known(column, known)
        if isinstance(constraint, exp.PrimaryKey):
            keys.update(names)
        if isinstance(constraint, exp.ForeignKey):
            parents.append(_parent(constraint.args["reference"]))


def _parent(reference: exp.Reference) -> exp.Table:
    return reference.this.this if isinstance(reference.this, exp.Schema) else reference.this


def _column(column: exp.ColumnDef, keys: set[str], parents: list, expression: Callable) -> str:
    name = '"' + column.name.lower() + '"'
    kind = data_type(column.args["kind"])
    sql = f"{name} {kind.sql('postgres')}"
    not_null = column.name.lower() in keys
    for constraint in column.args.get("constraints") or []:
        inner = constraint.kind
        if isinstance(inner, exp.NotNullColumnConstraint):
            not_null |= not inner.args.get("allow_null")
        elif isinstance(inner, exp.PrimaryKeyColumnConstraint):
            not_null = True
        elif isinstance(inner, exp.DefaultColumnConstraint):
            sql += f" DEFAULT {expression(exp.Paren(this=inner.this.copy()))}"
        elif isinstance(inner, exp.GeneratedAsIdentityColumnConstraint):
            sql += _identity(column, inner)
        elif isinstance(inner, exp.Reference):
            parents.append(_parent(inner))
        elif not isinstance(inner, (exp.EncodeColumnConstraint, exp.UniqueColumnConstraint)):
            raise not_modelled(inner.sql("redshift"))
    if not_null:
        sql += " NOT NULL"
    if kind.this == exp.DType.VARCHAR:
        length = kind.expressions[0].name
        sql += (f' CONSTRAINT "{BYTES}_{length}_{column.name.lower()}"'
                f" CHECK (octet_length({name}) <= {length})")
    return sql


def _identity(column: exp.ColumnDef, identity: exp.GeneratedAsIdentityColumnConstraint) -> str:
    if column.args["kind"].this not in (exp.DType.INT, exp.DType.BIGINT):
        raise RedshiftError("42601", "identity column must be of type INT or BIGINT")
    start = int(identity.args["start"].sql()) if identity.args.get("start") else None
    step = int(identity.args["increment"].sql()) if identity.args.get("increment") else None
    if start is None or not step:
        raise syntax_error("IDENTITY")
    when = "ALWAYS" if identity.this else "BY DEFAULT"
    least = f"MINVALUE {min(start, 1)}" if step > 0 else f"MAXVALUE {max(start, -1)}"
    return (f" GENERATED {when} AS IDENTITY (START WITH {start} INCREMENT BY {step * SLICES}"
            f" {least})")


def drop_table(tree: exp.Drop) -> list[exp.Table]:
    if tree.kind not in ("TABLE", "VIEW", "SCHEMA"):
        raise not_modelled(f"DROP {tree.kind}")
    return tree.args["tables"]


def alter_table(tree: exp.Alter) -> None:
    actions = tree.args["actions"]
    if len(actions) != 1:
        raise syntax_error(",")
    if tree.kind != "TABLE" or not isinstance(actions[0], (
            exp.AlterRename, exp.RenameColumn, exp.ColumnDef, exp.Drop)):
        raise not_modelled(tree.sql("redshift"))
    if isinstance(actions[0], exp.ColumnDef) and (actions[0].args.get("constraints")):
        for constraint in actions[0].args["constraints"]:
            if not isinstance(constraint.kind, exp.DefaultColumnConstraint):
                raise not_modelled(tree.sql("redshift"))
