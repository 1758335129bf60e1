//! What all plots share: colours, markers and axes.
use plotters::coord::Shift;
use plotters::prelude::*;
use serde::Deserialize;

use crate::Error;

pub type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

pub const INK: RGBColor = RGBColor(34, 34, 34);
pub const GRID: RGBColor = RGBColor(226, 226, 226);
pub const FONT: &str = "sans-serif";
pub const FONT_SIZE: u32 = 12;
/// As wide as a letter of FONT_SIZE is on average.
pub const LETTER: u32 = 7;

/// Okabe and Ito's, which people with any colour vision can tell apart.
const COLOURS: [RGBColor; 8] = [
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(86, 180, 233),
    RGBColor(150, 110, 0),
    RGBColor(110, 110, 110),
    RGBColor(0, 0, 0),
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Axis {
    pub label: String,
    #[serde(default)]
    pub log: bool,
}

/// The colour of the n-th series. After the last one they begin again, with another marker.
pub fn colour(series: usize) -> RGBColor {
    COLOURS[series % COLOURS.len()]
}

pub const MARKERS: usize = 4;
pub fn marker(series: usize) -> usize {
    (series + series / COLOURS.len()) % MARKERS
}

/// The smallest and largest of the numbers, with some room on both sides.
pub fn range(values: impl Iterator<Item = f64>, log: bool) -> Result<(f64, f64), Error> {
    let mut low = f64::INFINITY;
    let mut high = f64::NEG_INFINITY;
    for value in values {
        if !value.is_finite() || (log && value <= 0.0) {
            return Err("a number that has no place on its axis".into());
        }
        low = low.min(value);
        high = high.max(value);
    }
    if low > high {
        return Err("there is nothing to draw".into());
    }
    if log {
        return Ok((low / 1.35, high * 1.35));
    }
    let room = if high > low { (high - low) * 0.06 } else { 1.0 };
    Ok((low - room, high + room))
}

/// Draws one marker, for the legend too.
pub fn draw_marker(area: &Area, at: (i32, i32), series: usize) -> Result<(), Error> {
    let style = colour(series).filled();
    let (x, y) = at;
    match marker(series) {
        0 => area.draw(&Circle::new(at, 4, style))?,
        1 => area.draw(&Rectangle::new([(x - 4, y - 4), (x + 4, y + 4)], style))?,
        2 => area.draw(&TriangleMarker::new(at, 5, style))?,
        _ => area.draw(&Polygon::new(
            vec![(x, y - 5), (x + 5, y), (x, y + 5), (x - 5, y)],
            style,
        ))?,
    }
    Ok(())
}

/// The names of the series, below each other.
pub fn draw_legend(area: &Area, names: &[String]) -> Result<(), Error> {
    let font = (FONT, FONT_SIZE).into_font().color(&INK);
    for (series, name) in names.iter().enumerate() {
        let y = 16 + 18 * series as i32;
        draw_marker(area, (12, y), series)?;
        area.draw(&Text::new(name.clone(), (22, y - 7), font.clone()))?;
    }
    Ok(())
}

/// How wide the column of the legend is.
pub fn legend_width(names: &[String]) -> u32 {
    let longest = names.iter().map(|name| name.chars().count()).max();
    longest.map_or(0, |letters| 34 + LETTER * letters as u32)
}

/// "7B", "0.77B", "135M" on a logarithmic axis; plain numbers elsewhere.
pub fn tick(value: f64, log: bool) -> String {
    if log && value >= 1e9 {
        return format!("{}B", value / 1e9);
    }
    if log && value >= 1e6 {
        return format!("{}M", value / 1e6);
    }
    let text = format!("{value:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" {
        "0".to_string()
    } else {
        text.to_string()
    }
}
