"""Renders templates with Python's jinja2 3.1.6, set up as in Transformers (chat_template_utils.py). Each line of stdin is
{"values", "templates": [...]}; the answer is a line [{"text"} | {"error"}, ...]."""

import copy
import json
import sys
import warnings

import jinja2
import jinja2.ext
from jinja2.sandbox import ImmutableSandboxedEnvironment


class Generation(jinja2.ext.Extension):
    tags = {"generation"}

    def parse(self, parser):
        line = next(parser.stream).lineno
        body = parser.parse_statements(["name:endgeneration"], drop_needle=True)
        return jinja2.nodes.CallBlock(self.call_method("_inner"), [], [], body).set_lineno(line)

    def _inner(self, caller):
        return caller()


def tojson(x, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
    return json.dumps(x, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)


def raise_exception(message):
    raise jinja2.exceptions.TemplateError(message)


environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=[Generation, jinja2.ext.loopcontrols])
environment.filters["tojson"] = tojson
environment.globals["raise_exception"] = raise_exception


def answer(template, values):
    try:
        return {"text": environment.from_string(template).render(**copy.deepcopy(values))}
    except BaseException as error:
        return {"error": f"{type(error).__name__}: {error}"[:200]}


warnings.simplefilter("ignore")
for line in sys.stdin:
    command = json.loads(line)
    print(json.dumps([answer(t, command["values"]) for t in command["templates"]]), flush=True)
