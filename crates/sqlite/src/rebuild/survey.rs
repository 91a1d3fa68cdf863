//! What the pages behind a lost first page tell: their size, which are roots, and what is left of the schema.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::io;

use super::write::{index, page_number};
use super::{PAGE_SIZES, ROWS, SAMPLE, SCHEMA_FIELDS};
use crate::btree::{Geometry, Kind, Node};
use crate::read_at::ReadAt;
use crate::record::{Stored, shape};

/// What the pages behind the first one tell.
pub(super) struct Survey {
    pub(super) page_size: u32,
    pub(super) usable: u32,
    /// Pages of tables that no page refers to, in their order.
    pub(super) roots: Vec<u32>,
    /// What is left of the schema: page and largest row number, sorted by it.
    pub(super) schema_leaves: Vec<(u32, i64)>,
    /// Roots that this schema names.
    pub(super) schema_roots: Vec<u32>,
}

impl Survey {
    pub(super) fn take(file: &dyn ReadAt, page_size: u32, pages: u64) -> io::Result<Option<Self>> {
        let usable = usable(file, page_size, pages)?;
        let geometry = Geometry::new(page_size, usable);
        let mut page = vec![0; page_size as usize];
        let mut nodes: BTreeMap<u32, Kind> = BTreeMap::new();
        let mut referred: HashSet<u32> = HashSet::new();
        let mut schema_leaves = Vec::new();
        let mut schema_roots = Vec::new();
        let mut children = Vec::new();
        for number in 2..=pages {
            file.read_exact_at(&mut page, (number - 1) * u64::from(page_size))?;
            let number = page_number(number);
            let Some(node) = sound_node(&page, number, &geometry) else {
                continue;
            };
            nodes.insert(number, node.kind);
            if matches!(node.kind, Kind::TableInterior | Kind::IndexInterior) {
                node.children(&page, &geometry, &mut children);
                referred.extend(children.iter().map(|child| child.page));
            }
            if node.kind == Kind::TableLeaf
                && let Some((last, roots)) = schema_rows(&page, &node, &geometry)
            {
                schema_leaves.push((number, last));
                schema_roots.extend(roots);
            }
        }
        schema_leaves.sort_by_key(|(_, last)| *last);
        let is_schema: HashSet<u32> = schema_leaves.iter().map(|(page, _)| *page).collect();
        let roots = nodes
            .iter()
            .filter(|(number, kind)| {
                matches!(kind, Kind::TableLeaf | Kind::TableInterior)
                    && !referred.contains(number)
                    && !is_schema.contains(number)
            })
            .map(|(number, _)| *number)
            .collect();
        Ok((!nodes.is_empty()).then_some(Self {
            page_size,
            usable,
            roots,
            schema_leaves,
            schema_roots,
        }))
    }

    pub(super) fn geometry_only(&self) -> Self {
        Self {
            page_size: self.page_size,
            usable: self.usable,
            roots: Vec::new(),
            schema_leaves: Vec::new(),
            schema_roots: Vec::new(),
        }
    }

    /// The kinds of fields of some rows below a root; `None` when there is no row.
    pub(super) fn shapes(&self, file: &dyn ReadAt, root: u32) -> Option<Vec<Vec<Stored>>> {
        let geometry = Geometry::new(self.page_size, self.usable);
        let mut page = vec![0; self.page_size as usize];
        let mut ahead = vec![root];
        let mut seen = HashSet::new();
        let mut shapes: HashSet<Vec<Stored>> = HashSet::new();
        let mut rows = 0;
        let mut fields = Vec::new();
        let mut children = Vec::new();
        while let Some(number) = ahead.pop() {
            if rows >= ROWS || seen.len() > 64 || number < 2 || !seen.insert(number) {
                continue;
            }
            let offset = u64::from(number - 1) * u64::from(self.page_size);
            if file.read_exact_at(&mut page, offset).is_err() {
                continue;
            }
            let Some(node) = sound_node(&page, number, &geometry) else {
                continue;
            };
            match node.kind {
                Kind::TableInterior => {
                    node.children(&page, &geometry, &mut children);
                    // Old rows and new ones: the table may have got columns in between.
                    let ends = [
                        children.first(),
                        children.last(),
                        children.get(children.len() / 2),
                    ];
                    ahead.extend(ends.into_iter().flatten().map(|child| child.page));
                }
                Kind::TableLeaf => {
                    for index in 0..node.cells {
                        let Ok(cell) = node.row(&page, index, &geometry) else {
                            continue;
                        };
                        let local = page.get(cell.local).unwrap_or_default();
                        if shape(local, cell.payload, &mut fields).is_some() {
                            rows += 1;
                            shapes.insert(fields.clone());
                        }
                    }
                }
                Kind::IndexInterior | Kind::IndexLeaf => {}
            }
        }
        (!shapes.is_empty()).then(|| shapes.into_iter().collect())
    }
}

/// A b-tree page all of whose cells make sense.
pub(super) fn sound_node(page: &[u8], number: u32, geometry: &Geometry) -> Option<Node> {
    let node = Node::parse(page, number, geometry)?;
    let mut fields = Vec::new();
    match node.kind {
        Kind::TableInterior | Kind::IndexInterior => {
            let mut last = i64::MIN;
            for index in 0..node.cells {
                let child = node.child(page, index, geometry)?;
                if child.page < 2 || (node.kind == Kind::TableInterior && child.key < last) {
                    return None;
                }
                last = child.key;
            }
            (node.right >= 2).then_some(node)
        }
        Kind::TableLeaf | Kind::IndexLeaf => {
            let mut last = None;
            for index in 0..node.cells {
                let cell = node.row(page, index, geometry).ok()?;
                shape(page.get(cell.local)?, cell.payload, &mut fields)?;
                if node.kind == Kind::TableLeaf && last.is_some_and(|last| cell.rowid <= last) {
                    return None;
                }
                last = Some(cell.rowid);
            }
            (node.cells > 0).then_some(node)
        }
    }
}

/// The size of which most of the file's pages are pages of b-trees; of several the smallest.
pub(super) fn page_size(file: &dyn ReadAt, size: u64) -> io::Result<Option<u32>> {
    let mut sound: HashMap<u32, u64> = HashMap::new();
    for page_size in PAGE_SIZES {
        let pages = size / u64::from(page_size);
        if pages < 2 {
            continue;
        }
        let step = (pages - 1).div_ceil(SAMPLE).max(1);
        let geometry = Geometry::new(page_size, page_size);
        let mut page = vec![0; page_size as usize];
        let (mut looked_at, mut found) = (0, 0);
        let mut number = 2;
        while number <= pages {
            file.read_exact_at(&mut page, (number - 1) * u64::from(page_size))?;
            looked_at += 1;
            found += u64::from(sound_node(&page, page_number(number), &geometry).is_some());
            number += step;
        }
        sound.insert(page_size, found * 1_000 / looked_at.max(1));
    }
    let most = sound.values().copied().max().unwrap_or(0);
    if most < 20 {
        return Ok(None);
    }
    Ok(PAGE_SIZES
        .into_iter()
        .find(|size| sound.get(size).is_some_and(|found| found * 10 >= most * 6)))
}

/// How many bytes of a page are used: the first row of a page ends where the reserve begins.
pub(super) fn usable(file: &dyn ReadAt, page_size: u32, pages: u64) -> io::Result<u32> {
    let geometry = Geometry::new(page_size, page_size);
    let mut page = vec![0; page_size as usize];
    let mut most = 0;
    for number in (2..=pages).take(index(SAMPLE) * 4) {
        file.read_exact_at(&mut page, (number - 1) * u64::from(page_size))?;
        let Some(node) = sound_node(&page, page_number(number), &geometry) else {
            continue;
        };
        if node.kind != Kind::TableLeaf {
            continue;
        }
        for index in 0..node.cells {
            if let Ok(cell) = node.row(&page, index, &geometry)
                && cell.overflow == 0
            {
                most = most.max(cell.local.end);
            }
        }
    }
    let used = u32::try_from(most).unwrap_or(0);
    // A reserve is small; a file of a few rows may show none at all.
    Ok(if page_size - used.min(page_size) <= 255 && used >= 480 {
        used
    } else {
        page_size
    })
}

/// Largest row number of a page of the schema, and the roots that it names; `None` for other pages.
pub(super) fn schema_rows(
    page: &[u8],
    node: &Node,
    geometry: &Geometry,
) -> Option<(i64, Vec<u32>)> {
    let mut fields = Vec::new();
    let mut roots = Vec::new();
    let mut last = 0;
    for index in 0..node.cells {
        let cell = node.row(page, index, geometry).ok()?;
        let local = page.get(cell.local)?;
        shape(local, cell.payload, &mut fields)?;
        let is_definition = fields.len() == SCHEMA_FIELDS
            && fields.first() == Some(&Stored::Text)
            && fields.get(1) == Some(&Stored::Text)
            && fields.get(2) == Some(&Stored::Text)
            && matches!(
                fields.get(3),
                Some(Stored::Integer | Stored::One | Stored::Null)
            );
        let header = usize::from(*local.first()?);
        let body = local.get(header..)?;
        let kind = [b"table".as_slice(), b"index", b"view", b"trigger"]
            .into_iter()
            .find(|kind| body.starts_with(kind))?;
        if !is_definition {
            return None;
        }
        if kind == b"table" {
            roots.extend(root_of(local));
        }
        last = cell.rowid;
    }
    Some((last, roots))
}

/// The root page that a definition names.
pub(super) fn root_of(record: &[u8]) -> Option<u32> {
    let (header, taken) = crate::bytes::varint(record)?;
    let mut serials = record.get(taken..usize::try_from(header).ok()?)?;
    let mut at = usize::try_from(header).ok()?;
    for field in 0.. {
        let (serial, taken) = crate::bytes::varint(serials)?;
        serials = serials.get(taken..)?;
        let length = match serial {
            0 | 8 | 9 => 0,
            1..=4 => usize::try_from(serial).ok()?,
            5 => 6,
            6 | 7 => 8,
            _ => usize::try_from((serial - 12) / 2).ok()?,
        };
        if field == 3 {
            return match serial {
                9 => Some(1),
                1..=6 => u32::try_from(crate::bytes::signed(record.get(at..at + length)?)).ok(),
                _ => None,
            };
        }
        at += length;
    }
    None
}
