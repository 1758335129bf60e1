//! Rows of a number with its interval, below each other.
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use serde::Deserialize;

use crate::draw::{self, Axis};
use crate::Error;

const ROW: u32 = 20;
const ENDS: u32 = 56;
const LONGEST_LABEL: usize = 44;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Intervals {
    width: u32,
    x: Axis,
    /// Where a line is drawn from top to bottom, of "no difference".
    reference: Option<f64>,
    series: Vec<String>,
    rows: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    label: String,
    series: usize,
    value: f64,
    low: Option<f64>,
    high: Option<f64>,
}

fn shortened(label: &str) -> String {
    if label.chars().count() <= LONGEST_LABEL {
        return label.to_string();
    }
    label.chars().take(LONGEST_LABEL - 1).chain(['…']).collect()
}

impl Intervals {
    pub fn render(&self) -> Result<String, Error> {
        if self.rows.iter().any(|row| row.series >= self.series.len()) {
            return Err("a row of a series that there is not".into());
        }
        let (low, high) = draw::range(
            self.rows
                .iter()
                .flat_map(|row| [Some(row.value), row.low, row.high])
                .chain([self.reference])
                .flatten(),
            false,
        )?;
        let height = ROW * self.rows.len() as u32 + ENDS;
        let letters = self
            .rows
            .iter()
            .map(|row| row.label.chars().count().min(LONGEST_LABEL));
        let labels = 16 + draw::LETTER * letters.max().unwrap_or(0) as u32;
        // One series needs no name.
        let names: &[String] = if self.series.len() > 1 {
            &self.series
        } else {
            &[]
        };
        let height = height.max(24 + 18 * names.len() as u32);
        let legend = draw::legend_width(names).min(self.width / 3);
        let mut svg = String::new();
        {
            let root = SVGBackend::with_string(&mut svg, (self.width, height)).into_drawing_area();
            let (area, side) = root.split_horizontally(self.width - legend);
            let count = self.rows.len() as f64;
            let mut chart = ChartBuilder::on(&area)
                .margin(8)
                .x_label_area_size(40)
                .y_label_area_size(labels)
                .build_cartesian_2d(low..high, count..0.0)?;
            let font = (draw::FONT, draw::FONT_SIZE).into_font().color(&draw::INK);
            chart
                .configure_mesh()
                .disable_y_mesh()
                .y_labels(0)
                .max_light_lines(0)
                .bold_line_style(draw::GRID)
                .axis_style(draw::INK)
                .label_style(font.clone())
                .x_desc(&self.x.label)
                .x_label_formatter(&|value| draw::tick(*value, false))
                .draw()?;
            if let Some(at) = self.reference {
                chart.draw_series(LineSeries::new([(at, 0.0), (at, count)], draw::INK))?;
            }
            for (index, row) in self.rows.iter().enumerate() {
                let y = index as f64 + 0.5;
                let colour = draw::colour(row.series);
                if let (Some(low), Some(high)) = (row.low, row.high) {
                    chart.draw_series(LineSeries::new(
                        [(low, y), (high, y)],
                        colour.stroke_width(2),
                    ))?;
                }
                let (left, top) = area.get_base_pixel();
                let at = chart.backend_coord(&(row.value, y));
                draw::draw_marker(&area, (at.0 - left, at.1 - top), row.series)?;
                let style = font.clone().pos(Pos::new(HPos::Right, VPos::Center));
                area.draw(&Text::new(
                    shortened(&row.label),
                    (labels as i32, at.1 - top),
                    style,
                ))?;
            }
            draw::draw_legend(&side, names)?;
            root.present()?;
        }
        Ok(svg)
    }
}
