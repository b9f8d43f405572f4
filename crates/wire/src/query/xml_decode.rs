use anabranch_types::Timestamp;
use bytes::Bytes;
use bytestring::ByteString;

use super::xml_tree::{Node, Tree};
use crate::mismatch::{Found, Wanted, mismatch};
use crate::{DEPTH_MAX, ListForm, Malformed, TimestampForm, text};

/// Reads an XML answer, for our own clients.
#[derive(Debug)]
pub struct XmlDecoder {
    tree: Tree,
    open: Vec<Container>,
    /// The element that stands next.
    next: usize,
}

/// An open container: the elements still to come. Those of a flattened list are the siblings of one name.
#[derive(Debug)]
struct Container {
    parent: usize,
    at: usize,
    only: Option<usize>,
}

impl XmlDecoder {
    /// Reads the result in an answer's envelope; an answer without one has no members.
    pub fn answer(body: &[u8]) -> Result<Self, Malformed> {
        let tree = Tree::parse(body)?;
        let result = tree.find(Tree::ROOT, |name| name.ends_with("Result"));
        Ok(Self { next: result.unwrap_or(Tree::NOTHING), tree, open: Vec::new() })
    }

    /// Reads the error in an error's envelope: `ErrorResponse/Error` or `Response/Errors/Error`.
    pub fn error(body: &[u8]) -> Result<Self, Malformed> {
        let tree = Tree::parse(body)?;
        let outer = tree.find(Tree::ROOT, |name| name == "Errors").unwrap_or(Tree::ROOT);
        let error = tree.find(outer, |name| name == "Error").ok_or(Malformed::SYNTAX)?;
        Ok(Self { next: error, tree, open: Vec::new() })
    }

    fn node(&self, at: usize) -> &Node {
        &self.tree.nodes[at]
    }

    fn enter(&mut self, container: Container) -> Result<(), Malformed> {
        if self.open.len() >= DEPTH_MAX as usize {
            return Err(Malformed::SYNTAX);
        }
        self.open.push(container);
        Ok(())
    }

    /// The next element of the innermost container; `None` leaves the container.
    fn advance(&mut self) -> Option<usize> {
        let container = self.open.pop()?;
        let children = &self.tree.nodes[container.parent].children;
        let wanted = container.only.map(|first| &self.tree.nodes[first].name);
        let fits = |at: &usize| wanted.is_none_or(|name| self.tree.nodes[children[*at]].name == *name);
        let at = (container.at..children.len()).find(fits)?;
        self.next = children[at];
        self.open.push(Container { at: at + 1, ..container });
        Some(self.next)
    }

    fn scalar(&self, wanted: Wanted) -> Result<&ByteString, Malformed> {
        let node = self.node(self.next);
        if node.children.is_empty() { Ok(&node.text) } else { Err(mismatch(Found::Map, wanted)) }
    }

    fn inside(&self) -> Container {
        Container { parent: self.next, at: 0, only: None }
    }
}

impl crate::Decoder for XmlDecoder {
    fn begin_structure(&mut self) -> Result<(), Malformed> {
        self.enter(self.inside())
    }

    fn next_member(&mut self, names: &'static [&'static str]) -> Result<Option<usize>, Malformed> {
        while let Some(at) = self.advance() {
            let name = &self.node(at).name;
            // The later elements of a flattened list belong to the first.
            let first = self.open.last().is_some_and(|container| {
                let siblings = &self.tree.nodes[container.parent].children[..container.at - 1];
                siblings.iter().all(|sibling| self.node(*sibling).name != *name)
            });
            if let Some(index) = names.iter().position(|known| first && *known == &**name) {
                return Ok(Some(index));
            }
        }
        Ok(None)
    }

    fn begin_list(&mut self, form: ListForm) -> Result<(), Malformed> {
        if !form.flattened {
            return self.enter(self.inside());
        }
        let structure = self.open.last().ok_or(Malformed::SYNTAX)?;
        let list = Container { parent: structure.parent, at: structure.at - 1, only: Some(self.next) };
        self.enter(list)
    }

    fn next_element(&mut self) -> Result<bool, Malformed> {
        Ok(self.advance().is_some())
    }

    fn begin_map(&mut self) -> Result<(), Malformed> {
        self.enter(self.inside())
    }

    fn next_key(&mut self) -> Result<Option<ByteString>, Malformed> {
        while let Some(entry) = self.advance() {
            let key = self.tree.find(entry, |name| name == "key").ok_or(Malformed::SYNTAX)?;
            if let Some(value) = self.tree.find(entry, |name| name == "value") {
                self.next = value;
                return Ok(Some(self.node(key).text.clone()));
            }
        }
        Ok(None)
    }

    fn string(&mut self) -> Result<ByteString, Malformed> {
        self.scalar(Wanted::Text).cloned()
    }

    fn blob(&mut self) -> Result<Bytes, Malformed> {
        text::blob(self.scalar(Wanted::Blob)?.trim())
    }

    fn integer(&mut self) -> Result<i32, Malformed> {
        text::integer(self.scalar(Wanted::Integer)?.trim())
    }

    fn long(&mut self) -> Result<i64, Malformed> {
        text::long(self.scalar(Wanted::Long)?.trim())
    }

    fn double(&mut self) -> Result<f64, Malformed> {
        text::double(self.scalar(Wanted::Double)?.trim())
    }

    fn boolean(&mut self) -> Result<bool, Malformed> {
        text::boolean(self.scalar(Wanted::Boolean)?.trim())
    }

    fn timestamp(&mut self, form: TimestampForm) -> Result<Timestamp, Malformed> {
        text::timestamp(self.scalar(Wanted::Timestamp)?.trim(), form)
    }
}
