"""Each rule of the guideline has a test that bears its number: `make rules` runs them."""

import ast
from pathlib import Path

from tests.rules import RULES

TESTS = Path(__file__).parents[1]


def marked(function):
    """The numbers in the rule marks of a function."""
    for mark in function.decorator_list:
        if isinstance(mark, ast.Call) and ast.unparse(mark.func) == "pytest.mark.rule":
            yield ast.literal_eval(mark.args[0])


def test_each_rule_has_a_test_that_bears_its_number():
    texts = (path.read_text() for path in TESTS.rglob("test_*.py"))
    trees = (ast.parse(text) for text in texts if "mark.rule(" in text)
    found = {
        rule
        for tree in trees
        for node in tree.body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.name.startswith("test_")
        for rule in marked(node)
    }
    assert found == RULES.keys()
