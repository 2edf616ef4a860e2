//! What ends a part of a status line: Powerline's triangles, and the half circles and slants of its extra symbols. They are
//! of private use; shapes as the Nerd Fonts name them ("left_hard_divider", "lower_left_triangle").

use super::slants::area;
use super::strokes::lines;
use super::{Cell, Pen};

pub fn shapes(cell: &mut Cell, code: u32) {
    let (width, height) = (cell.width, cell.height);
    // To the right first, then the same to the left.
    let mirrored = |x: f32, left: bool| if left { width - x } else { x };
    match code {
        0xe0b0..=0xe0b3 => {
            let left = code >= 0xe0b2;
            let pen = if code.is_multiple_of(2) { Pen::Fill(1.0) } else { Pen::Stroke };
            let points = [(0.0, 0.0), (width, height / 2.0), (0.0, height)];
            cell.polygon(pen, points.map(|(x, y)| (mirrored(x, left), y)));
        }
        // Half of an ellipse around the middle of an edge: from corner to corner, and as far as the other edge. The other
        // half is not in the cell.
        0xe0b4..=0xe0b7 => {
            let x = mirrored(0.0, code >= 0xe0b6);
            let (pen, inside) =
                if code.is_multiple_of(2) { (Pen::Fill(1.0), 0.0) } else { (Pen::Stroke, cell.thin / 2.0) };
            cell.ellipse(pen, (x, height / 2.0), (width - inside, height / 2.0 - inside));
        }
        0xe0b8 => area(cell, "ahj", 1.0),
        0xe0ba => area(cell, "chj", 1.0),
        0xe0bc => area(cell, "ach", 1.0),
        0xe0be => area(cell, "acj", 1.0),
        0xe0b9 | 0xe0bf => lines(cell, "ai"),
        0xe0bb | 0xe0bd => lines(cell, "cg"),
        // Two trapezoids with a line's room between.
        _ => {
            let upper = Cell::middle(height, cell.thin);
            for (edge, end) in [(0.0, upper), (height, upper + cell.thin)] {
                let points = [(0.0, edge), (width, edge), (width / 2.0, end), (0.0, end)];
                cell.polygon(Pen::Fill(1.0), points.map(|(x, y)| (mirrored(x, code == 0xe0d4), y)));
            }
        }
    }
}
