//! A square of correlations, each a coloured field with its number.
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use serde::Deserialize;

use crate::draw;
use crate::Error;

const FIELD: u32 = 64;
const FIELD_HEIGHT: u32 = 34;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Heatmap {
    labels: Vec<String>,
    /// From -1 to 1; null where it is not known.
    values: Vec<Vec<Option<f64>>>,
}

/// White for 0, blue towards 1, orange towards -1.
fn shade(value: f64) -> RGBColor {
    let full = if value >= 0.0 {
        (0.0, 114.0, 178.0)
    } else {
        (213.0, 94.0, 0.0)
    };
    let part = 0.75 * value.abs().min(1.0);
    let mix = |to: f64| (255.0 + (to - 255.0) * part).round() as u8;
    RGBColor(mix(full.0), mix(full.1), mix(full.2))
}

impl Heatmap {
    pub fn render(&self) -> Result<String, Error> {
        let count = self.labels.len();
        if count == 0
            || self.values.len() != count
            || self.values.iter().any(|row| row.len() != count)
        {
            return Err("a table of correlations is square".into());
        }
        let letters = self
            .labels
            .iter()
            .map(|label| label.chars().count())
            .max()
            .unwrap_or(0);
        let left = 16 + draw::LETTER * letters as u32;
        let top = 28;
        let field = FIELD.max(12 + draw::LETTER * letters as u32);
        let size = (
            left + field * count as u32 + 8,
            top + FIELD_HEIGHT * count as u32 + 8,
        );
        let font = (draw::FONT, draw::FONT_SIZE).into_font();
        let ink = font.color(&draw::INK);
        let centre = ink.clone().pos(Pos::new(HPos::Center, VPos::Center));
        let right = ink.pos(Pos::new(HPos::Right, VPos::Center));
        let mut svg = String::new();
        {
            let root = SVGBackend::with_string(&mut svg, size).into_drawing_area();
            for (row, label) in self.labels.iter().enumerate() {
                let y = (top + FIELD_HEIGHT * row as u32) as i32;
                let middle = y + FIELD_HEIGHT as i32 / 2;
                root.draw(&Text::new(
                    label.clone(),
                    (left as i32 - 8, middle),
                    right.clone(),
                ))?;
                for (column, value) in self.values[row].iter().enumerate() {
                    let x = (left + field * column as u32) as i32;
                    let centre_x = x + field as i32 / 2;
                    if row == 0 {
                        let name = self.labels[column].clone();
                        root.draw(&Text::new(
                            name,
                            (centre_x, top as i32 - 12),
                            centre.clone(),
                        ))?;
                    }
                    let corners = [
                        (x + 1, y + 1),
                        (x + field as i32 - 1, y + FIELD_HEIGHT as i32 - 1),
                    ];
                    let colour = value.map_or(RGBColor(240, 240, 240), shade);
                    root.draw(&Rectangle::new(corners, colour.filled()))?;
                    let text = value.map_or("–".to_string(), |value| format!("{value:.2}"));
                    root.draw(&Text::new(text, (centre_x, middle), centre.clone()))?;
                }
            }
            root.present()?;
        }
        Ok(svg)
    }
}
