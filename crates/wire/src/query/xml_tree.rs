use bytestring::ByteString;
use quick_xml::Reader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesRef, Event};

use crate::{DEPTH_MAX, Malformed};

/// An XML document: its elements in document order, attributes and comments left away.
#[derive(Debug)]
pub(super) struct Tree {
    pub(super) nodes: Vec<Node>,
}

#[derive(Debug, Default)]
pub(super) struct Node {
    pub(super) name: ByteString,
    pub(super) text: ByteString,
    pub(super) children: Vec<usize>,
}

impl Tree {
    /// An element without content, which stands for one that is absent.
    pub(super) const NOTHING: usize = 0;
    /// The document's outermost element.
    pub(super) const ROOT: usize = 1;

    pub(super) fn parse(body: &[u8]) -> Result<Self, Malformed> {
        let text = std::str::from_utf8(body).map_err(|_| Malformed::SYNTAX)?;
        let mut reader = Reader::from_str(text);
        let mut tree = Self { nodes: vec![Node::default()] };
        // The elements that are open, each with the text read in it.
        let mut open: Vec<(usize, String)> = Vec::new();
        loop {
            match reader.read_event().map_err(|_| Malformed::SYNTAX)? {
                Event::Start(start) => {
                    let at = tree.add(start.local_name().as_ref(), open.last().map(|(at, _)| *at))?;
                    open.push((at, String::new()));
                    if open.len() > 2 * DEPTH_MAX as usize {
                        return Err(Malformed::SYNTAX);
                    }
                }
                Event::Empty(start) => {
                    tree.add(start.local_name().as_ref(), open.last().map(|(at, _)| *at))?;
                }
                Event::End(_) => {
                    let (at, text) = open.pop().ok_or(Malformed::SYNTAX)?;
                    tree.nodes[at].text = text.into();
                }
                Event::Text(part) => append(&mut open, &part.xml10_content()),
                Event::CData(part) => append(&mut open, &part.xml10_content()),
                Event::GeneralRef(reference) => append(&mut open, &resolved(&reference)?),
                Event::Eof if open.is_empty() && tree.nodes.len() > Self::ROOT => return Ok(tree),
                Event::Eof | Event::DocType(_) => return Err(Malformed::SYNTAX),
                Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
            }
        }
    }

    /// The first child of `parent` whose name fits.
    pub(super) fn find(&self, parent: usize, fits: impl Fn(&str) -> bool) -> Option<usize> {
        self.nodes[parent].children.iter().copied().find(|child| fits(&self.nodes[*child].name))
    }

    fn add(&mut self, name: &str, parent: Option<usize>) -> Result<usize, Malformed> {
        let at = self.nodes.len();
        match parent {
            Some(parent) => self.nodes[parent].children.push(at),
            None if at > Self::ROOT => return Err(Malformed::SYNTAX),
            None => {}
        }
        self.nodes.push(Node { name: name.into(), ..Node::default() });
        Ok(at)
    }
}

fn append(open: &mut [(usize, String)], text: &str) {
    if let Some((_, all)) = open.last_mut() {
        all.push_str(text);
    }
}

/// The character that `&name;` stands for.
fn resolved(reference: &BytesRef<'_>) -> Result<String, Malformed> {
    if let Some(character) = reference.resolve_char_ref().map_err(|_| Malformed::SYNTAX)? {
        return Ok(character.to_string());
    }
    let name = reference.clone().into_inner();
    resolve_predefined_entity(&name).map(str::to_owned).ok_or(Malformed::SYNTAX)
}
