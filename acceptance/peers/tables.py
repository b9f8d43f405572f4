"""Random calls of DynamoDB over one small table, most of which mean something: a handful of keys, attributes and values that meet again
and again."""

import random

TABLE, INDEX = "tab", "by-g"
ATTRIBUTES = ["a1", "a2", "a3", "m1", "l1"]
PARTITIONS, PLACES = "ab", "123"
NUMBERS = ["0", "1", "2", "-1", "3.5", "10", "100", "0.1", "1000", "-7.25", "99999999999999999999", "0.00001", "1E3", "007", "-0", "1.50"]
KINDS = ["S", "N", "SS", "M", "L", "NULL", "BOOL", "B"]
OPERATORS = ["EQ", "NE", "LT", "LE", "GT", "GE", "NULL", "NOT_NULL", "CONTAINS", "NOT_CONTAINS", "BEGINS_WITH", "IN", "BETWEEN"]
RETURNED = ["NONE", "ALL_OLD", "ALL_NEW", "UPDATED_OLD", "UPDATED_NEW"]
WEIGHTS = {
    "PutItem": 20, "DeleteItem": 10, "UpdateItem": 20, "LegacyUpdateItem": 20, "Query": 10, "IndexQuery": 7, "LegacyQuery": 5, "Scan": 8, "GetItem": 5,
    "BatchGetItem": 3, "BatchWriteItem": 4, "TransactWriteItems": 8, "TransactGetItems": 3,
}


def definition() -> dict:
    """The table: sorted by a number, with a sparse index."""
    def key(*names):
        return [{"AttributeName": name, "KeyType": kind} for name, kind in zip(names, ["HASH", "RANGE"])]

    return {
        "TableName": TABLE, "BillingMode": "PAY_PER_REQUEST", "KeySchema": key("p", "c"),
        "AttributeDefinitions": [{"AttributeName": name, "AttributeType": kind} for name, kind in [("p", "S"), ("c", "N"), ("g", "S")]],
        "GlobalSecondaryIndexes": [{
            "IndexName": INDEX, "KeySchema": key("g", "c"), "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["a1"]},
        }],
    }


class Calls:
    """`draw` makes a call: its operation and its parameters."""

    def __init__(self, chance: random.Random):
        self.chance = chance

    def draw(self) -> tuple[str, dict]:
        kind = self.chance.choices(list(WEIGHTS), WEIGHTS.values())[0]
        params = getattr(self, kind)()
        return kind.removeprefix("Legacy").removeprefix("Index"), params

    # Values.

    def seldom(self, share: float) -> bool:
        return self.chance.random() < share

    def number(self) -> str:
        return self.chance.choice(NUMBERS)

    def scalar(self) -> dict:
        kind = self.chance.choice(["S", "N", "B", "BOOL", "NULL"])
        drawn = {
            "S": lambda: self.chance.choice(["", "x", "xy", "xyz", "y"]), "N": self.number, "B": lambda: self.chance.choice([b"", b"a", b"ab"]),
            "BOOL": lambda: self.seldom(0.5), "NULL": lambda: True,
        }
        return {kind: drawn[kind]()}

    def members(self) -> dict:
        return self.chance.choice([{"SS": ["x", "w"]}, {"NS": ["1", "5"]}, {"SS": ["x", "y"]}, {"NS": ["1", "2"]}])

    def value(self, depth: int = 0) -> dict:
        match self.chance.randrange(10) if depth < 3 else 0:
            case 6:
                return {"SS": self.chance.sample(["x", "y", "z"], self.chance.randint(1, 3))}
            case 7:
                return {"NS": self.chance.sample(["1", "2", "3"], self.chance.randint(1, 3))}
            case 8:
                return {"M": {name: self.value(depth + 1) for name in self.chance.sample(["k1", "k2"], self.chance.randint(0, 2))}}
            case 9:
                return {"L": [self.value(depth + 1) for _ in range(self.chance.randint(0, 3))]}
        return self.scalar()

    def key(self) -> dict:
        return {"p": {"S": self.chance.choice(PARTITIONS)}, "c": {"N": self.chance.choice(PLACES)}}

    def keys(self, most: int) -> list[dict]:
        places = [(p, c) for p in PARTITIONS for c in PLACES]
        return [{"p": {"S": p}, "c": {"N": c}} for p, c in self.chance.sample(places, self.chance.randint(1, most))]

    def attributes(self, most: int) -> list[str]:
        return self.chance.sample(ATTRIBUTES, self.chance.randint(1, most))

    def item(self, key: dict) -> dict:
        item = {**key, **{name: self.value() for name in self.chance.sample(ATTRIBUTES, self.chance.randint(0, 4))}}
        if self.seldom(0.4):
            item["g"] = {"S": self.chance.choice(["g1", "g2"])}
        return item

    # The legacy parameters.

    def comparison(self) -> dict:
        operator = self.chance.choice(OPERATORS)
        count = {"NULL": 0, "NOT_NULL": 0, "IN": self.chance.randint(1, 2), "BETWEEN": 2}.get(operator, 1) + self.seldom(0.05)
        told = {"ComparisonOperator": operator}
        if count:
            told["AttributeValueList"] = [self.scalar() if self.seldom(0.9) else self.value() for _ in range(count)]
        return told

    def expected(self) -> dict:
        match self.chance.randrange(5):
            case 0:
                return {"Exists": False}
            case 1:
                return {"Value": self.value()}
            case 2:
                return {"Exists": True, "Value": self.value()}
        return self.comparison()

    def change(self) -> dict:
        action = self.chance.choice(["PUT", "ADD", "DELETE"])
        if action == "DELETE" and self.seldom(0.5):
            return {"Action": action}
        if action == "PUT":
            return {"Action": action, "Value": self.value()}
        return {"Action": action, "Value": self.chance.choice([{"N": self.number()}, self.members(), self.value()])}

    def legacy_condition(self, params: dict) -> None:
        params["Expected"] = {name: self.expected() for name in self.attributes(2)}
        if len(params["Expected"]) > 1 and self.seldom(0.4):
            params["ConditionalOperator"] = self.chance.choice(["AND", "OR"])

    def condition(self, params: dict) -> None:
        """Perhaps a condition of either form."""
        match self.chance.randrange(3):
            case 0:
                self.legacy_condition(params)
            case 1:
                said = Said(self)
                params["ConditionExpression"] = said.condition()
                said.into(params)
        if self.seldom(0.3):
            params["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"

    # What each operation is called with.

    def PutItem(self) -> dict:
        params = {"TableName": TABLE, "Item": self.item(self.key()), "ReturnValues": self.chance.choice(["NONE", "ALL_OLD"])}
        self.condition(params)
        return params

    def DeleteItem(self) -> dict:
        params = {"TableName": TABLE, "Key": self.key(), "ReturnValues": self.chance.choice(["NONE", "ALL_OLD"])}
        self.condition(params)
        return params

    def UpdateItem(self) -> dict:
        said = Said(self)
        params = {"TableName": TABLE, "Key": self.key(), "UpdateExpression": said.update(), "ReturnValues": self.chance.choice(RETURNED)}
        if self.seldom(0.3):
            params["ConditionExpression"] = said.condition()
        said.into(params)
        return params

    def LegacyUpdateItem(self) -> dict:
        params = {"TableName": TABLE, "Key": self.key(), "ReturnValues": self.chance.choice(RETURNED)}
        params["AttributeUpdates"] = {name: self.change() for name in self.attributes(2)}
        if self.seldom(0.4):
            self.legacy_condition(params)
        return params

    def Query(self) -> dict:
        said = Said(self)
        params = {"TableName": TABLE, "KeyConditionExpression": "p = " + said.value({"S": self.chance.choice(PARTITIONS)})}
        if self.seldom(0.5):
            place = said.value({"N": self.chance.choice(PLACES)})
            params["KeyConditionExpression"] += f" AND c {self.chance.choice(['<', '>', '<=', '>=', '='])} {place}"
        if self.seldom(0.5):
            params["FilterExpression"] = said.condition()
        if self.seldom(0.3):
            params["ProjectionExpression"] = ", ".join(dict.fromkeys(said.path() for _ in range(2)))
        self.paging(params)
        said.into(params)
        return params

    def IndexQuery(self) -> dict:
        said = Said(self)
        params = {"TableName": TABLE, "IndexName": INDEX, "KeyConditionExpression": "g = " + said.value({"S": self.chance.choice(["g1", "g2"])})}
        if self.seldom(0.3):
            params["FilterExpression"] = f"a1 {self.chance.choice(['=', '<', '>'])} {said.value(self.scalar())}"
        said.into(params)
        return params

    def LegacyQuery(self) -> dict:
        operator = self.chance.choice(["EQ", "LT", "LE", "GT", "GE", "BETWEEN"])
        places = sorted(self.chance.sample(PLACES, 2 if operator == "BETWEEN" else 1))
        params = {"TableName": TABLE, "KeyConditions": {
            "p": {"ComparisonOperator": "EQ", "AttributeValueList": [{"S": self.chance.choice(PARTITIONS)}]},
            "c": {"ComparisonOperator": operator, "AttributeValueList": [{"N": place} for place in places]},
        }}
        if self.seldom(0.4):
            params["QueryFilter"] = {name: self.comparison() for name in self.attributes(2)}
        if self.seldom(0.3):
            params["AttributesToGet"] = self.attributes(2)
        self.paging(params)
        return params

    def paging(self, params: dict) -> None:
        if self.seldom(0.3):
            params["Limit"] = self.chance.randint(1, 3)
        if self.seldom(0.3):
            params["ScanIndexForward"] = False
        if self.seldom(0.1):
            params["Select"] = "COUNT"
            for name in ("ProjectionExpression", "AttributesToGet"):
                params.pop(name, None)

    def Scan(self) -> dict:
        params = {"TableName": TABLE}
        if self.seldom(0.5):
            params["ScanFilter"] = {name: self.comparison() for name in self.attributes(2)}
            return params
        said = Said(self)
        params["FilterExpression"] = said.condition()
        said.into(params)
        return params

    def GetItem(self) -> dict:
        params = {"TableName": TABLE, "Key": self.key(), "ConsistentRead": self.seldom(0.5)}
        if self.seldom(0.6):
            said = Said(self)
            params["ProjectionExpression"] = ", ".join(dict.fromkeys(said.path() for _ in range(self.chance.randint(1, 3))))
        return params

    def BatchGetItem(self) -> dict:
        return {"RequestItems": {TABLE: {"Keys": self.keys(4)}}}

    def TransactGetItems(self) -> dict:
        return {"TransactItems": [{"Get": {"TableName": TABLE, "Key": key}} for key in self.keys(3)]}

    def BatchWriteItem(self) -> dict:
        writes = [{"PutRequest": {"Item": self.item(key)}} if self.seldom(0.6) else {"DeleteRequest": {"Key": key}} for key in self.keys(4)]
        return {"RequestItems": {TABLE: writes}}

    def TransactWriteItems(self) -> dict:
        return {"TransactItems": [self.write(key) for key in self.keys(3)]}

    def write(self, key: dict) -> dict:
        said = Said(self)
        kind = self.chance.choice(["Put", "Update", "Delete", "ConditionCheck"])
        told = {"TableName": TABLE, **({"Item": self.item(key)} if kind == "Put" else {"Key": key})}
        if kind == "Update":
            told["UpdateExpression"] = said.update()
        if kind == "ConditionCheck" or self.seldom(0.4):
            told["ConditionExpression"] = said.condition()
            if self.seldom(0.5):
                told["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
        said.into(told)
        return {kind: told}


class Said:
    """The expressions of one request, and the values they name."""

    def __init__(self, calls: Calls):
        self.calls, self.chance, self.values = calls, calls.chance, {}

    def into(self, params: dict) -> None:
        if self.values:
            params["ExpressionAttributeValues"] = self.values

    def value(self, value: dict) -> str:
        name = f":v{len(self.values)}"
        self.values[name] = value
        return name

    def path(self) -> str:
        name = self.chance.choice(ATTRIBUTES)
        if name == "m1" and self.chance.random() < 0.5:
            return f"m1.{self.chance.choice(['k1', 'k2'])}"
        if name == "l1" and self.chance.random() < 0.5:
            return f"l1[{self.chance.randrange(3)}]"
        return name

    def operand(self) -> str:
        drawn = self.chance.random()
        if drawn < 0.45:
            return self.path()
        return f"size({self.path()})" if drawn > 0.9 else self.value(self.calls.scalar() if self.chance.random() < 0.8 else self.calls.value())

    def condition(self, depth: int = 0) -> str:
        drawn = self.chance.random()
        if depth < 2 and drawn < 0.35:
            inner = self.condition(depth + 1)
            return self.chance.choice([
                lambda: f"{inner} AND {self.path()} = {self.operand()}", lambda: f"{inner} OR attribute_exists({self.path()})", lambda: f"NOT {inner}",
            ])()
        scalar = self.calls.scalar
        return self.chance.choice([
            lambda: f"{self.operand()} {self.chance.choice(['=', '<>', '<', '>', '<=', '>='])} {self.operand()}",
            lambda: f"attribute_exists({self.path()})",
            lambda: f"attribute_not_exists({self.path()})",
            lambda: f"attribute_type({self.path()}, {self.value({'S': self.chance.choice(KINDS)})})",
            lambda: f"begins_with({self.path()}, {self.value(scalar())})",
            lambda: f"contains({self.path()}, {self.value(scalar())})",
            lambda: f"{self.path()} BETWEEN {self.value(scalar())} AND {self.value(scalar())}",
            lambda: f"{self.path()} IN ({', '.join(self.value(scalar()) for _ in range(self.chance.randint(1, 3)))})",
        ])()

    def term(self, depth: int = 0) -> str:
        kind = self.chance.choice(["value", "path", "sum", "default", "list"]) if depth < 2 else "number"
        match kind:
            case "value":
                return self.value(self.calls.value())
            case "path":
                return self.path()
            case "sum" if depth < 1:
                return f"{self.term(1)} {self.chance.choice('+-')} {self.term(1)}"
            case "default":
                return f"if_not_exists({self.path()}, {self.term(depth + 1)})"
            case "list":
                return f"list_append({self.term(depth + 1)}, {self.term(depth + 1)})"
        return self.value({"N": self.calls.number()})

    def update(self) -> str:
        made = {
            "SET": lambda: f"{self.path()} = {self.term()}", "REMOVE": self.path,
            "ADD": lambda: f"{self.path()} {self.value(self.chance.choice([{'N': self.calls.number()}, self.calls.members()]))}",
            "DELETE": lambda: f"{self.path()} {self.value(self.calls.members())}",
        }
        sections = self.chance.sample(list(made), self.chance.choice([1, 1, 1, 2, 2, 3]))
        return " ".join(f"{section} {', '.join(made[section]() for _ in range(self.chance.choice([1, 1, 2])))}" for section in sections)
