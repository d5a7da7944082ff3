"""What AWS's own model of a service says of a value: whether it has this shape, and how it could be wrong."""

import re

TYPES = {
    "string": str,
    "structure": dict,
    "list": list,
    "map": dict,
    "boolean": bool,
    "integer": int,
    "long": int,
    "timestamp": (int, float),
    "float": (int, float),
    "double": (int, float),
    "blob": str,
}


def json_problems(value, shape, path="reply"):
    """Every way in which a value, read from JSON, is not of a shape."""
    kind = shape.type_name
    if not isinstance(value, TYPES[kind]) or (isinstance(value, bool) and kind != "boolean"):
        yield f"{path} is {value!r:.60}, which is no {kind}"
        return
    yield from constraint_problems(value, shape, path)
    if kind == "structure":
        for name in shape.required_members:
            if name not in value:
                yield f"{path}.{name} is missing"
        for name, member in value.items():
            if name in shape.members:
                yield from json_problems(member, shape.members[name], f"{path}.{name}")
            else:
                yield f"{path}.{name} is not in the model"
    elif kind == "list":
        for index, member in enumerate(value):
            yield from json_problems(member, shape.member, f"{path}[{index}]")
    elif kind == "map":
        for key, member in value.items():
            yield from json_problems(key, shape.key, f"{path} key")
            yield from json_problems(member, shape.value, f"{path}.{key}")


def xml_problems(element, shape, path="reply"):
    """Every way in which an XML element is not of a shape; attributes are not looked at."""
    kind = shape.type_name
    if kind == "structure":
        members = {member.serialization.get("name", name): member for name, member in shape.members.items()}
        found = [local_name(child) for child in element]
        for name, member in shape.members.items():
            outside = member.serialization.get("location")
            if name in shape.required_members and not outside and member.serialization.get("name", name) not in found:
                yield f"{path}.{name} is missing"
        for child in element:
            name = local_name(child)
            if name not in members:
                yield f"{path}.{name} is not in the model"
                continue
            member = members[name]
            flattened = member.type_name == "list" and member.serialization.get("flattened")
            yield from xml_problems(child, member.member if flattened else member, f"{path}.{name}")
    elif kind == "list":
        for child in element:
            yield from xml_problems(child, shape.member, f"{path}[]")
    else:
        yield from text_problems(element.text or "", shape, path)


def text_problems(text, shape, path):
    kind = shape.type_name
    if kind in ("integer", "long"):
        if not re.fullmatch(r"-?\d+", text):
            yield f"{path} is {text!r}, which is no {kind}"
    elif kind == "boolean":
        if text not in ("true", "false"):
            yield f"{path} is {text!r}, which is no boolean"
    elif kind == "timestamp":
        if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", text):
            yield f"{path} is {text!r}, which is no timestamp"
    else:
        yield from constraint_problems(text, shape, path)


def constraint_problems(value, shape, path):
    rules = shape.metadata
    measure = value if isinstance(value, (int, float)) else len(value)
    if "min" in rules and measure < rules["min"]:
        yield f"{path} is {value!r:.60}, less than {rules['min']}"
    if "max" in rules and measure > rules["max"]:
        yield f"{path} is {value!r:.60}, more than {rules['max']}"
    if "enum" in rules and value not in rules["enum"]:
        yield f"{path} is {value!r:.60}, none of {rules['enum']}"
    if "pattern" in rules and not re.fullmatch(rules["pattern"], value):
        yield f"{path} is {value!r:.60}, not of the form {rules['pattern']}"


def wrong_values(value, shape, path=""):
    """Values near a right one that each break one constraint of the shape, with what they break."""
    rules, kind = shape.metadata, shape.type_name
    if kind in ("string", "integer", "long", "boolean"):
        yield f"{path} of another type", {"of": "another type"}
    if kind == "string":
        if rules.get("min", 0) > 0:
            yield f"{path} too short", "a" * (rules["min"] - 1)
        if "max" in rules:
            yield f"{path} too long", "a" * (rules["max"] + 1)
        if "pattern" in rules:
            yield f"{path} not of its form", "(no) such/form!"
        if "enum" in rules:
            yield f"{path} none of its values", "NEVER_HEARD_OF"
    elif kind in ("integer", "long"):
        if "min" in rules:
            yield f"{path} too small", rules["min"] - 1
        if "max" in rules:
            yield f"{path} too large", rules["max"] + 1
    elif kind == "list":
        if rules.get("min", 0) > 0:
            yield f"{path} empty", []
        if "max" in rules:
            yield f"{path} too many", value * (rules["max"] // len(value) + 1)
        for what, wrong in wrong_values(value[0], shape.member, f"{path}[0]"):
            yield what, [wrong, *value[1:]]
    elif kind == "structure":
        for name in shape.required_members:
            yield f"{path}.{name} missing", {key: one for key, one in value.items() if key != name}
        for name, member in value.items():
            for what, wrong in wrong_values(member, shape.members[name], f"{path}.{name}"):
                yield what, {**value, name: wrong}


def local_name(element):
    return element.tag.rpartition("}")[2]
