use anabranch_api::dynamodb::Error;

use super::Placeholders;
use super::parser::Parser;
use super::token::TokenKind;
use crate::condition::{Comparison, Condition, Operand};
use crate::errors::Place;
use crate::path::Path;
use crate::value::{Kind, Value};

/// Most operands of IN (Expressions.OperatorsAndFunctions).
const IN_OPERANDS_MAX: usize = 100;

const COMPARISONS: [Comparison; 6] = [
    Comparison::Equal,
    Comparison::Unequal,
    Comparison::Less,
    Comparison::LessOrEqual,
    Comparison::Greater,
    Comparison::GreaterOrEqual,
];

/// A condition, a filter or a key condition.
pub(crate) fn condition(place: Place, source: &str, placeholders: &Placeholders) -> Result<Condition, Error> {
    let mut parser = Parser::new(place, source, placeholders)?;
    let read = parser.any()?;
    parser.expect_end()?;
    Ok(read.condition)
}

/// A condition, and whether it stood in parentheses.
struct Read {
    condition: Condition,
    in_parentheses: bool,
}

impl From<Condition> for Read {
    fn from(condition: Condition) -> Self {
        Self { condition, in_parentheses: false }
    }
}

impl Parser<'_> {
    fn any(&mut self) -> Result<Read, Error> {
        let first = self.all()?;
        if !self.is_word("OR") {
            return Ok(first);
        }
        let mut any = vec![first.condition];
        while self.takes_word("OR") {
            self.count_operator()?;
            any.push(self.all()?.condition);
        }
        Ok(Condition::Any(any).into())
    }

    fn all(&mut self) -> Result<Read, Error> {
        let first = self.not()?;
        if !self.is_word("AND") {
            return Ok(first);
        }
        let mut all = vec![first.condition];
        while self.takes_word("AND") {
            self.count_operator()?;
            all.push(self.not()?.condition);
        }
        Ok(Condition::All(all).into())
    }

    fn not(&mut self) -> Result<Read, Error> {
        if self.takes_word("NOT") {
            self.count_operator()?;
            let condition = self.deeper(Self::not)?.condition;
            return Ok(Condition::Not(Box::new(condition)).into());
        }
        if !self.takes("(") {
            return self.plain().map(Read::from);
        }
        let inner = self.deeper(Self::any)?;
        if inner.in_parentheses {
            return Err(self.place.redundant_parentheses());
        }
        self.expect(")")?;
        Ok(Read { condition: inner.condition, in_parentheses: true })
    }

    /// A comparison or a function that says yes or no.
    fn plain(&mut self) -> Result<Condition, Error> {
        if self.peek().kind == TokenKind::Word && self.peek_behind().text == "(" && self.peek().text != "size"
        {
            return self.function();
        }
        let left = self.operand()?;
        if self.takes_word("BETWEEN") {
            self.count_operator()?;
            let low = self.operand()?;
            self.expect_word("AND")?;
            let high = self.operand()?;
            return self.between(left, low, high);
        }
        if self.takes_word("IN") {
            return self.in_list(left);
        }
        let token = self.peek();
        let Some(comparison) = COMPARISONS.into_iter().find(|c| c.sign() == token.text) else {
            return Err(match left {
                Operand::Size(_) => self.place.misused_function("size"),
                _ => self.syntax(),
            });
        };
        self.take();
        self.count_operator()?;
        let right = self.operand()?;
        for operand in [&left, &right] {
            if let (Operand::Value(value), true) = (operand, comparison.is_order())
                && !value.kind().is_ordered()
            {
                return Err(self.place.operand_kind(comparison.sign(), value.kind()));
            }
        }
        if let (Operand::Path(one), true) = (&left, left == right) {
            return Err(self.place.operand_distinct(comparison.sign(), one));
        }
        Ok(Condition::Compare(left, comparison, right))
    }

    fn between(&self, value: Operand, low: Operand, high: Operand) -> Result<Condition, Error> {
        if let (Operand::Value(low), Operand::Value(high)) = (&low, &high) {
            for bound in [low, high] {
                if !bound.kind().is_ordered() {
                    return Err(self.place.operand_kind("BETWEEN", bound.kind()));
                }
            }
            match low.order(high) {
                None => return Err(self.place.bounds_differ()),
                Some(order) if order.is_gt() => return Err(self.place.bounds_reversed()),
                Some(_) => {}
            }
        }
        Ok(Condition::Between(value, low, high))
    }

    fn in_list(&mut self, value: Operand) -> Result<Condition, Error> {
        self.count_operator()?;
        self.expect("(")?;
        let mut any = vec![self.operand()?];
        while self.takes(",") {
            any.push(self.operand()?);
        }
        self.expect(")")?;
        if any.len() > IN_OPERANDS_MAX {
            return Err(self.place.operand_count("IN", any.len() + 1));
        }
        Ok(Condition::In(value, any))
    }

    fn function(&mut self) -> Result<Condition, Error> {
        let name = self.take().text;
        self.count_operator()?;
        self.expect("(")?;
        let mut operands = Vec::new();
        loop {
            operands.push(self.deeper(Self::operand)?);
            if !self.takes(",") {
                break;
            }
        }
        self.expect(")")?;
        let count = operands.len();
        let mut operands = operands.into_iter();
        let (first, second) = (operands.next(), operands.next());
        let wrong_count = || self.place.operand_count(name, count);
        match (name, count) {
            ("attribute_exists", 1) => Ok(Condition::Exists(self.must_be_path(name, first)?)),
            ("attribute_not_exists", 1) => Ok(Condition::Missing(self.must_be_path(name, first)?)),
            ("attribute_type", 2) => {
                let kind = self.named_kind(second)?;
                Ok(Condition::IsKind(self.must_be_path(name, first)?, kind))
            }
            ("begins_with" | "contains", 2) => {
                let (Some(first), Some(second)) = (first, second) else { return Err(wrong_count()) };
                self.pair(name, first, second)
            }
            (
                "attribute_exists" | "attribute_not_exists" | "attribute_type" | "begins_with" | "contains",
                _,
            ) => Err(wrong_count()),
            ("if_not_exists" | "list_append", _) => Err(self.place.function_not_here(name)),
            _ => Err(self.place.unknown_function(name)),
        }
    }

    fn pair(&self, name: &str, first: Operand, second: Operand) -> Result<Condition, Error> {
        if first == second
            && let Operand::Path(path) = &first
        {
            return Err(self.place.operand_distinct(name, path));
        }
        if name == "contains" {
            return Ok(Condition::Contains(first, second));
        }
        for operand in [&first, &second] {
            if let Operand::Value(value) = operand
                && !matches!(value.kind(), Kind::S | Kind::B)
            {
                return Err(self.place.operand_kind(name, value.kind()));
            }
        }
        Ok(Condition::BeginsWith(first, second))
    }

    fn must_be_path(&self, function: &str, operand: Option<Operand>) -> Result<Path, Error> {
        match operand {
            Some(Operand::Path(path)) => Ok(path),
            _ => Err(self.place.operand_needs_path(function)),
        }
    }

    fn named_kind(&self, operand: Option<Operand>) -> Result<Kind, Error> {
        match operand {
            Some(Operand::Value(Value::S(code))) => Kind::ALL
                .into_iter()
                .find(|kind| kind.code() == code.as_str())
                .ok_or_else(|| self.place.unknown_type(&code)),
            Some(Operand::Value(value)) => Err(self.place.operand_kind("attribute_type", value.kind())),
            _ => Err(self.place.operand_needs_value("attribute_type")),
        }
    }

    fn operand(&mut self) -> Result<Operand, Error> {
        let token = self.peek();
        match token.kind {
            TokenKind::Value => Ok(Operand::Value(self.value()?)),
            TokenKind::Word if self.peek_behind().text == "(" => self.size(),
            _ => Ok(Operand::Path(self.path()?)),
        }
    }

    fn size(&mut self) -> Result<Operand, Error> {
        let name = self.take().text;
        match name {
            "size" => {}
            "attribute_exists" | "attribute_not_exists" | "attribute_type" | "begins_with" | "contains" => {
                return Err(self.place.misused_function(name));
            }
            "if_not_exists" | "list_append" => return Err(self.place.function_not_here(name)),
            _ => return Err(self.place.unknown_function(name)),
        }
        self.count_operator()?;
        self.expect("(")?;
        let operand = match self.peek().kind {
            TokenKind::Value => {
                let value = self.value()?;
                // The size of a value that stands here is known now.
                let extent = value.extent().ok_or_else(|| self.place.operand_kind("size", value.kind()))?;
                Operand::Value(Value::N(extent.into()))
            }
            _ => Operand::Size(self.path()?),
        };
        self.expect(")")?;
        Ok(operand)
    }
}
