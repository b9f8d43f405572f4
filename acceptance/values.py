"""The values of the table: generators and bound names become what is sent; answers are compared with what is expected.

Blobs travel between driver and agents as {"$blob": base64}, times as {"$time": milliseconds}.
"""

import base64
import re
import time

INTERPOLATION = re.compile(r"\$\{(\w+)\}")
ABSENT = object()


def blob(content: bytes) -> dict:
    return {"$blob": base64.b64encode(content).decode()}


def expand(value, names: dict):
    """A value of the table with its names bound and its generators run."""
    if isinstance(value, str):
        if value.startswith("$") and value[1:].isidentifier():
            return names[value[1:]]
        return INTERPOLATION.sub(lambda found: str(names[found[1]]), value)
    if isinstance(value, list):
        return [expand(element, names) for element in value]
    if not isinstance(value, dict):
        return value
    match sorted(value):
        case ["blob"]:
            return blob(expand(value["blob"], names).encode())
        case ["bytes"]:
            return blob(b"x" * value["bytes"])
        case ["chars"] | ["chars", "prefix"] | ["chars", "letter"] | ["chars", "letter", "prefix"]:
            prefix = expand(value.get("prefix", ""), names)
            return prefix + value.get("letter", "a") * (value["chars"] - len(prefix))
        case ["of", "times"]:
            return [expand(value["of"], {**names, "i": i}) for i in range(value["times"])]
        case ["keys", "of"]:
            return {f"key{i}": expand(value["of"], {**names, "i": i}) for i in range(value["keys"])}
        case ["keys"]:
            return {f"k{i}": "v" for i in range(value["keys"])}
        case ["seconds_ago"]:
            return {"$time": int((time.time() - value["seconds_ago"]) * 1000)}
        case ["milliseconds"]:
            return {"$time": int(value["milliseconds"])}
        case ["seconds"]:
            return {"$seconds": value["seconds"]}
        case ["number"]:
            return int(expand(value["number"], names))
    return {key: expand(element, names) for key, element in value.items()}


def at(document, path: str):
    """What stands in an answer at a path, or ABSENT."""
    for part in path.split("."):
        if part == "#":
            document = len(document) if isinstance(document, (list, dict)) else ABSENT
        elif isinstance(document, list) and part.lstrip("-").isdigit():
            index = int(part)
            document = document[index] if -len(document) <= index < len(document) else ABSENT
        elif isinstance(document, dict):
            document = document.get(part, ABSENT)
        else:
            document = ABSENT
        if document is None:
            document = ABSENT
        if document is ABSENT:
            return ABSENT
    return document


def complaint(found, wanted, names: dict) -> str | None:
    """What is wrong with a value found, or None."""
    if isinstance(wanted, dict) and not {"$blob", "$time"} & set(wanted):
        for check, operand in wanted.items():
            if check in CHECKS:
                operand = expand(operand, names)
                if not CHECKS[check](found, operand):
                    return f"is {show(found)}, wanted {check} {show(operand)}"
                continue
            break
        else:
            return None
    wanted = expand(wanted, names)
    if found == wanted and isinstance(found, bool) == isinstance(wanted, bool):
        return None
    return f"is {show(found)}, wanted {show(wanted)}"


def number(value) -> float | int:
    if isinstance(value, dict) and "$time" in value:
        return value["$time"]
    return int(value) if isinstance(value, str) else value


CHECKS = {
    "like": lambda found, pattern: isinstance(found, str) and re.search(pattern, found) is not None,
    "absent": lambda found, wanted: (found is ABSENT) == wanted,
    "least": lambda found, bound: found is not ABSENT and number(found) >= number(bound),
    "most": lambda found, bound: found is not ABSENT and number(found) <= number(bound),
    "after": lambda found, bound: found is not ABSENT and number(found) > number(bound),
    "not": lambda found, other: found is not ABSENT and found != other,
    "sum": lambda found, terms: found is not ABSENT and number(found) == sum(map(number, terms)),
    "has": lambda found, element: isinstance(found, (list, dict, str)) and element in found,
    "without": lambda found, element: isinstance(found, (list, dict, str)) and element not in found,
}


def show(value) -> str:
    if value is ABSENT:
        return "absent"
    text = repr(value)
    return text if len(text) <= 300 else text[:200] + f"… ({len(text)} characters)"
