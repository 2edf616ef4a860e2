//! Placements that stand where another one stands and go where it goes (kitty's relative placements).

use super::{Graphics, Placement};

impl Graphics {
    /// The placement with this number.
    pub(crate) fn placement(&self, key: u64) -> Option<&Placement> {
        self.placements.iter().find(|placement| placement.key == key)
    }

    /// The placement that a program means: of this image, by its name or, without one, the first.
    pub(crate) fn placement_of(&self, serial: u64, id: u32) -> Option<&Placement> {
        self.placements.iter().find(|placement| placement.serial == serial && (id == 0 || placement.id == id))
    }

    /// The numbers of those that a placement goes with, the nearest first, as far as may be.
    fn ancestors(&self, parent: u64) -> impl Iterator<Item = &Placement> {
        let next = |placement: &&Placement| self.placement(placement.parent);
        std::iter::successors(self.placement(parent), next).take(Placement::MAX_DEPTH + 1)
    }

    /// Whether a placement, if this is its own number (0 for a new one), may go with `parent`: in the protocol's words.
    pub(crate) fn may_go_with(&self, parent: u64, key: u64) -> Result<(), &'static str> {
        if self.ancestors(parent).any(|ancestor| ancestor.key == key) {
            return Err("ECYCLE:the image would go with itself");
        }
        let above = self.ancestors(parent).count();
        if above + self.generations(key) > Placement::MAX_DEPTH {
            return Err("ETOODEEP:too many images go with one another");
        }
        Ok(())
    }

    /// How many levels of placements go with this one, itself counted.
    fn generations(&self, key: u64) -> usize {
        let of = |keys: &[u64]| -> Vec<u64> {
            let children = self.placements.iter().filter(|child| keys.contains(&child.parent));
            children.map(|child| child.key).collect()
        };
        let mut level = if key == 0 { Vec::new() } else { of(&[key]) };
        let mut levels = 1;
        while !level.is_empty() && levels <= Placement::MAX_DEPTH {
            level = of(&level);
            levels += 1;
        }
        levels
    }

    /// A placement has moved, and those go along that go with it.
    pub(super) fn move_children(&mut self, before: &Placement, after: &Placement) {
        let (lines, cols) = (after.line - before.line, i64::from(after.col) - i64::from(before.col));
        let mut keys = vec![before.key];
        for _ in 0..Placement::MAX_DEPTH {
            let mut next = Vec::new();
            for child in self.placements.iter_mut().filter(|child| keys.contains(&child.parent)) {
                child.line += lines;
                let col = (i64::from(child.col) + cols).clamp(0, i64::from(Placement::MAX_COLS) - 1);
                child.col = col as u32;
                next.push(child.key);
            }
            keys = next;
        }
    }

    /// Takes those away whose parent is gone.
    pub(super) fn drop_orphans(&mut self) {
        if self.placements.iter().all(|placement| placement.parent == 0) {
            return;
        }
        let keys: Vec<u64> = self.placements.iter().map(|placement| placement.key).collect();
        let orphan = |placement: &Placement| placement.parent > 0 && !keys.contains(&placement.parent);
        if self.placements.iter().any(orphan) {
            // Which looks for theirs again.
            self.remove(false, |placement, _| orphan(placement));
        }
    }

    pub(super) fn verify_ancestors(&self, placement: &Placement) -> Result<(), String> {
        let above = self.ancestors(placement.parent);
        let (mut count, mut last) = (0, placement);
        for ancestor in above {
            count += 1;
            last = ancestor;
            if ancestor.alternate != placement.alternate || !ancestor.has_place() || !placement.has_place() {
                return Err("a placement goes with one that is elsewhere".to_owned());
            }
        }
        if count >= Placement::MAX_DEPTH || last.parent > 0 {
            return Err("placements go with one another without end, or with none".to_owned());
        }
        Ok(())
    }
}
