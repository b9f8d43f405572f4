"""How large what was sent is: for each member of a request, by its path in the model, the least and the greatest."""

import base64

import models


def of(service: str, operation: str, params: dict) -> dict[str, tuple]:
    """Path to least and greatest number, length or count (README.md, "Traffic")."""
    found = {}
    told = models.read(service)["operations"].get(operation, {}).get("input")
    if told:
        structure(models.read(service)["shapes"], told["shape"], params, "", found)
    return found


def structure(shapes: dict, name: str, value: dict, path: str, found: dict) -> None:
    for member, reference in shapes[name]["members"].items():
        if member in value:
            measure(shapes, reference["shape"], value[member], f"{path}.{member}" if path else member, found)


def measure(shapes: dict, name: str, value, path: str, found: dict) -> None:
    shape = shapes[name]
    match shape["type"], value:
        case "structure", dict():
            structure(shapes, name, value, path, found)
        case "list", list():
            note(found, path, len(value))
            for element in value:
                measure(shapes, shape["member"]["shape"], element, f"{path}[]", found)
        case "map", dict():
            note(found, path, len(value))
            for element in value.values():
                measure(shapes, shape["value"]["shape"], element, f"{path}{{}}", found)
        case "string", str():
            note(found, path, len(value))
        case "blob", {"$blob": content}:
            note(found, path, len(base64.b64decode(content)))
        case "integer" | "long" | "float" | "double", int() | float():
            note(found, path, value)


def note(found: dict, path: str, size) -> None:
    least, greatest = found.get(path, (size, size))
    found[path] = (min(least, size), max(greatest, size))
