"""Tokens of Redshift SQL, as far as is needed to tell statements apart and to read those that are
not queries. Backslashes escape within literals, as in PostgreSQL 8.0."""

import re
from dataclasses import dataclass

from support.redshift_error import syntax_error

_TOKEN = re.compile(r"""
    (?P<blank>\s+|--[^\n]*|/\*.*?\*/)
  | (?P<string>'(?:[^'\\]|\\.|'')*')
  | (?P<quoted>"(?:[^"]|"")*")
  | (?P<param>\$\d+)
  | (?P<number>\d+(?:\.\d*)?(?:[eE][+-]?\d+)?)
  | (?P<word>[^\W\d][\w$]*|\#\w+)
  | (?P<other>::|.)""", re.VERBOSE | re.DOTALL)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}


@dataclass(frozen=True)
class Token:
    kind: str
    text: str
    begin: int

    @property
    def upper(self) -> str:
        """The word in upper case; never equal to a keyword if it is a literal or quoted."""
        return self.text.upper() if self.kind == "word" else self.text

    @property
    def name(self) -> str:
        """As an identifier; Redshift folds quoted ones too."""
        if self.kind == "word":
            return self.text.lower()
        if self.kind == "quoted":
            return self.text[1:-1].replace('""', '"').lower()
        raise syntax_error(self.text)

    @property
    def value(self) -> str:
        """As a literal's content."""
        if self.kind != "string":
            raise syntax_error(self.text)
        return re.sub(r"\\(.)|''", lambda m: "'" if m[1] is None else _ESCAPES.get(m[1], m[1]),
                      self.text[1:-1], flags=re.DOTALL)


@dataclass(frozen=True)
class Statement:
    """One statement without its semicolon."""

    text: str
    tokens: tuple[Token, ...]

    @property
    def words(self) -> list[str]:
        return [token.upper for token in self.tokens]


def split(script: str) -> list[Statement]:
    statements, tokens, begin = [], [], 0
    at = 0
    while at < len(script):
        match = _TOKEN.match(script, at)
        kind, text = match.lastgroup, match[0]
        if kind == "other" and text in "'\"":
            raise syntax_error(text)
        if kind == "other" and text == ";":
            statements.append(_statement(script[begin:at], tokens))
            tokens, begin = [], match.end()
        elif kind != "blank":
            tokens.append(Token(kind, text, at - begin))
        at = match.end()
    statements.append(_statement(script[begin:], tokens))
    return [statement for statement in statements if statement.tokens]


def _statement(text: str, tokens: list[Token]) -> Statement:
    return Statement(text, tuple(tokens))


class Reader:
    """Reads a statement's tokens from left to right."""

    def __init__(self, statement: Statement):
        self._tokens = statement.tokens
        self._at = 0

    @property
    def done(self) -> bool:
        return self._at == len(self._tokens)

    @property
    def next(self) -> str:
        """The next token in upper case, "" at the end."""
        return "" if self.done else self._tokens[self._at].upper

    def take(self) -> Token:
        if self.done:
            raise syntax_error("end of input")
        self._at += 1
        return self._tokens[self._at - 1]

    def accept(self, *words: str) -> str:
        """Takes the next token if it is one of the words; else gives ""."""
        return self.take().upper if self.next and self.next in words else ""

    def expect(self, *words: str) -> str:
        if self.next not in words:
            raise syntax_error(self.next or "end of input")
        return self.take().upper

    def literal(self) -> str:
        return self.take().value

    def integer(self) -> int:
        token = self.take()
        if token.kind != "number" or not token.text.isdigit():
            raise syntax_error(token.text)
        return int(token.text)

    def table(self) -> tuple[str | None, str]:
        """[schema.]name"""
        name = self.take().name
        return (name, self.take().name) if self.accept(".") else (None, name)

    def end(self) -> None:
        if not self.done:
            raise syntax_error(self.next)
