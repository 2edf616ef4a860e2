//! What a tab holds: one view, or several beside and below each other.
//!
//! ```text
//!   Panes ─► frame                     one view with its scrollbar
//!   Panes ─► Paned ─┬─► frame          split; each side may be split again
//!                   └─► Paned ─┬─► …
//! ```
//!
//! The widgets are the tree: there is no second one that could say something else.

use super::layout::{Tree, Way};
use crate::view::View;
use adw::prelude::*;
use adw::subclass::prelude::*;
use gtk::glib;
use gtk::graphene::Rect;
use std::cell::{Cell, RefCell};

/// How far a key moves the border between two panes, in logical pixels: some cells.
const STEP: i32 = 32;

mod imp {
    use super::*;

    #[derive(Default)]
    pub struct Panes {
        /// The view that had the focus last.
        pub current: glib::WeakRef<View>,
        /// It fills the tab for now.
        pub zoomed: Cell<bool>,
        /// Where the views were before that.
        pub unzoomed: RefCell<Vec<(View, Rect)>>,
        /// Parts of the room that are to be given to first sides when there is some.
        pub wanted: RefCell<Vec<(glib::WeakRef<gtk::Paned>, f64)>>,
        pub listener: RefCell<Option<Box<dyn Fn()>>>,
    }

    #[glib::object_subclass]
    impl ObjectSubclass for Panes {
        const NAME: &'static str = "ScarabPanes";
        type Type = super::Panes;
        type ParentType = adw::Bin;
    }

    impl ObjectImpl for Panes {}
    impl WidgetImpl for Panes {}
    impl BinImpl for Panes {}
}

glib::wrapper! {
    /// The views of a tab.
    pub struct Panes(ObjectSubclass<imp::Panes>)
        @extends adw::Bin, gtk::Widget,
        @implements gtk::Accessible, gtk::Buildable, gtk::ConstraintTarget;
}

/// Where a key wants to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Towards {
    Left,
    Right,
    Up,
    Down,
}

impl Way {
    fn orientation(self) -> gtk::Orientation {
        match self {
            Self::Right => gtk::Orientation::Horizontal,
            Self::Down => gtk::Orientation::Vertical,
        }
    }
}

impl Panes {
    pub fn new(view: &View) -> Self {
        let panes: Self = glib::Object::new();
        panes.set_child(Some(&panes.frame(view)));
        panes
    }

    /// As it was; `make` has a view for each session.
    pub fn restored(tree: &Tree, make: &mut impl FnMut(super::layout::Shown) -> View) -> Self {
        let panes: Self = glib::Object::new();
        let child = panes.grow(tree, make);
        panes.set_child(Some(&child));
        panes
    }

    fn grow(&self, tree: &Tree, make: &mut impl FnMut(super::layout::Shown) -> View) -> gtk::Widget {
        match tree {
            Tree::Pane(shown) => self.frame(&make(*shown)).upcast(),
            Tree::Split { way, part, panes } => {
                let (first, second) = (self.grow(&panes.0, make), self.grow(&panes.1, make));
                self.paned(*way, *part, &first, &second).upcast()
            }
        }
    }

    /// Whom to tell when panes come, go or move, and when another one is used.
    pub fn connect_changed(&self, listener: impl Fn() + 'static) {
        self.imp().listener.replace(Some(Box::new(listener)));
    }

    fn tell(&self) {
        if let Some(listener) = self.imp().listener.borrow().as_ref() {
            listener();
        }
    }

    /// A view with its scrollbar.
    fn frame(&self, view: &View) -> gtk::Overlay {
        let frame = gtk::Overlay::new();
        frame.set_child(Some(view));
        frame.add_overlay(&view.scrollbar());
        view.connect_has_focus_notify(glib::clone!(
            #[weak(rename_to = panes)]
            self,
            move |view| {
                if view.has_focus() && panes.imp().current.upgrade().as_ref() != Some(view) {
                    panes.imp().current.set(Some(view));
                    panes.tell();
                }
            }
        ));
        frame
    }

    fn paned(
        &self,
        way: Way,
        part: f64,
        first: &impl IsA<gtk::Widget>,
        second: &impl IsA<gtk::Widget>,
    ) -> gtk::Paned {
        let paned = gtk::Paned::builder()
            .orientation(way.orientation())
            .start_child(first)
            .end_child(second)
            .shrink_start_child(false)
            .shrink_end_child(false)
            .build();
        // How much room there is is known with the first allocation, during which nothing may be moved.
        self.imp().wanted.borrow_mut().push((paned.downgrade(), part));
        let placed = Cell::new(false);
        paned.connect_max_position_notify(glib::clone!(
            #[weak(rename_to = panes)]
            self,
            move |paned| {
                if !placed.replace(true) {
                    let paned = paned.clone();
                    glib::idle_add_local_once(move || {
                        panes.forget_wanted(&paned);
                        paned.set_position((f64::from(room(&paned)) * part) as i32);
                    });
                }
            }
        ));
        paned.connect_position_notify(glib::clone!(
            #[weak(rename_to = panes)]
            self,
            move |_| panes.tell()
        ));
        paned
    }

    /// All views, in order.
    pub fn views(&self) -> Vec<View> {
        let mut views = Vec::new();
        if let Some(child) = self.child() {
            collect(&child, &mut views);
        }
        views
    }

    /// The view that was used last.
    pub fn current(&self) -> Option<View> {
        let last = self.imp().current.upgrade().filter(|view| view.is_ancestor(self));
        last.or_else(|| self.views().into_iter().next())
    }

    /// Puts a view beside the current one.
    pub fn split(&self, way: Way, view: &View) {
        self.unzoom();
        let Some(frame) = self.current().and_then(|view| view.parent()) else { return };
        let place = gtk::Box::new(gtk::Orientation::Horizontal, 0);
        self.replace(&frame, &place);
        let paned = self.paned(way, 0.5, &frame, &self.frame(view));
        self.replace(&place, &paned);
        self.tell();
    }

    /// Takes a view away; false when it is the only one.
    pub fn remove(&self, view: &View) -> bool {
        let used = self.imp().current.upgrade().filter(|used| used != view && used.is_ancestor(self));
        let is_used_on = used.is_some();
        let was_zoomed = self.imp().zoomed.get();
        self.unzoom();
        let Some(frame) = view.parent() else { return false };
        let Some(paned) = frame.parent().and_downcast::<gtk::Paned>() else { return false };
        let [first, second] = [paned.start_child(), paned.end_child()];
        let Some(other) = (if first.as_ref() == Some(&frame) { second } else { first }) else { return false };
        paned.set_start_child(gtk::Widget::NONE);
        paned.set_end_child(gtk::Widget::NONE);
        self.replace(&paned, &other);
        let next = used.or_else(|| {
            let mut left = Vec::new();
            collect(&other, &mut left);
            left.into_iter().next()
        });
        self.imp().current.set(next.as_ref());
        if let Some(next) = next {
            if was_zoomed && is_used_on {
                self.zoom();
            }
            // In its new place it has lost the keys; in a tab that is not in front it must not take any.
            if self.is_mapped() {
                next.focus();
            }
        }
        self.tell();
        true
    }

    /// Puts a widget that is nowhere into the place of one that is here.
    fn replace(&self, old: &impl IsA<gtk::Widget>, new: &impl IsA<gtk::Widget>) {
        match old.parent().and_downcast::<gtk::Paned>() {
            Some(paned) if paned.start_child().as_ref() == Some(old.upcast_ref()) => {
                paned.set_start_child(Some(new));
            }
            Some(paned) => paned.set_end_child(Some(new)),
            None => self.set_child(Some(new)),
        }
    }

    /// Gives the focus to the nearest view there.
    pub fn go(&self, towards: Towards) {
        let Some(current) = self.current() else { return };
        // While one fills the tab the others have no place; they will have the one that they had.
        let zoomed_from = self.imp().unzoomed.take();
        self.unzoom();
        let bounds = |view: &View| {
            let before = zoomed_from.iter().find(|(known, _)| known == view).map(|(_, bounds)| *bounds);
            before.or_else(|| view.compute_bounds(self))
        };
        let Some(here) = bounds(&current) else { return };
        let distance = |view: &View| {
            let there = bounds(view)?;
            // The gap in the direction, and how far their middles are apart across it.
            let (gap, across) = match towards {
                Towards::Left => {
                    (here.x() - (there.x() + there.width()), there.center().y() - here.center().y())
                }
                Towards::Right => {
                    (there.x() - (here.x() + here.width()), there.center().y() - here.center().y())
                }
                Towards::Up => {
                    (here.y() - (there.y() + there.height()), there.center().x() - here.center().x())
                }
                Towards::Down => {
                    (there.y() - (here.y() + here.height()), there.center().x() - here.center().x())
                }
            };
            (gap >= 0.0).then_some(gap + across.abs())
        };
        let near = self
            .views()
            .into_iter()
            .filter(|view| *view != current)
            .filter_map(|view| Some((distance(&view)?, view)))
            .min_by(|(one, _), (other, _)| one.total_cmp(other));
        if let Some((_, view)) = near {
            view.focus();
        }
    }

    /// Moves the border that is nearest around the current view.
    pub fn resize(&self, towards: Towards) {
        let (orientation, step) = match towards {
            Towards::Left => (gtk::Orientation::Horizontal, -STEP),
            Towards::Right => (gtk::Orientation::Horizontal, STEP),
            Towards::Up => (gtk::Orientation::Vertical, -STEP),
            Towards::Down => (gtk::Orientation::Vertical, STEP),
        };
        let paned = self.around().into_iter().find(|paned| paned.orientation() == orientation);
        if let Some(paned) = paned {
            paned.set_position((paned.position() + step).clamp(paned.min_position(), paned.max_position()));
        }
    }

    /// What the current view is split from, the nearest first.
    fn around(&self) -> Vec<gtk::Paned> {
        let mut around = Vec::new();
        let mut at = self.current().and_then(|view| view.parent());
        while let Some(widget) = at.filter(|widget| widget != self.upcast_ref::<gtk::Widget>()) {
            at = widget.parent();
            around.extend(widget.downcast::<gtk::Paned>().ok());
        }
        around
    }

    /// The current view fills the tab, or the others are seen again.
    pub fn zoom(&self) {
        if self.imp().zoomed.get() {
            return self.unzoom();
        }
        let Some(current) = self.current() else { return };
        let places =
            self.views().into_iter().filter_map(|view| Some((view.clone(), view.compute_bounds(self)?)));
        self.imp().unzoomed.replace(places.collect());
        for paned in self.around() {
            for side in [paned.start_child(), paned.end_child()].into_iter().flatten() {
                side.set_visible(current.is_ancestor(&side));
            }
        }
        self.imp().zoomed.set(true);
        current.focus();
    }

    fn unzoom(&self) {
        self.imp().unzoomed.take();
        if self.imp().zoomed.replace(false)
            && let Some(child) = self.child()
        {
            show(&child);
        }
    }

    fn forget_wanted(&self, paned: &gtk::Paned) {
        let is_other = |(other, _): &(glib::WeakRef<gtk::Paned>, f64)| {
            other.upgrade().is_some_and(|other| other != *paned)
        };
        self.imp().wanted.borrow_mut().retain(is_other);
    }

    /// The first side's part of the room: as it is, or as it will be.
    fn part(&self, paned: &gtk::Paned) -> f64 {
        let wanted = self.imp().wanted.borrow();
        let wanted = wanted.iter().find(|(other, _)| other.upgrade().as_ref() == Some(paned));
        match (wanted, room(paned)) {
            (Some((_, part)), _) => *part,
            (None, 0) => 0.5,
            (None, room) => f64::from(paned.position()) / f64::from(room),
        }
    }

    /// What it shows; `None` when no session is shown.
    pub fn tree(&self) -> Option<Tree> {
        self.tree_of(&self.child()?)
    }

    fn tree_of(&self, widget: &gtk::Widget) -> Option<Tree> {
        let Some(paned) = widget.downcast_ref::<gtk::Paned>() else {
            return widget.first_child().and_downcast::<View>()?.shown().map(Tree::Pane);
        };
        let side = |side: Option<gtk::Widget>| side.and_then(|side| self.tree_of(&side));
        match (side(paned.start_child()), side(paned.end_child())) {
            (Some(first), Some(second)) => {
                let horizontal = paned.orientation() == gtk::Orientation::Horizontal;
                let way = if horizontal { Way::Right } else { Way::Down };
                Some(Tree::Split { way, part: self.part(paned), panes: Box::new((first, second)) })
            }
            (one, other) => one.or(other),
        }
    }
}

/// What its two sides share, in logical pixels.
fn room(paned: &gtk::Paned) -> i32 {
    if paned.orientation() == gtk::Orientation::Horizontal { paned.width() } else { paned.height() }
}

fn collect(widget: &gtk::Widget, views: &mut Vec<View>) {
    match widget.downcast_ref::<gtk::Paned>() {
        Some(paned) => {
            [paned.start_child(), paned.end_child()].iter().flatten().for_each(|side| collect(side, views));
        }
        None => views.extend(widget.first_child().and_downcast::<View>()),
    }
}

fn show(widget: &gtk::Widget) {
    widget.set_visible(true);
    if let Some(paned) = widget.downcast_ref::<gtk::Paned>() {
        [paned.start_child(), paned.end_child()].iter().flatten().for_each(show);
    }
}
