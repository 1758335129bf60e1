//! Points over two axes, by series, with intervals and fitted lines.
use plotters::coord::ranged1d::{AsRangedCoord, ValueFormatter};
use plotters::prelude::*;
use serde::Deserialize;

use crate::draw::{self, Area, Axis};
use crate::Error;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scatter {
    width: u32,
    height: u32,
    x: Axis,
    y: Axis,
    series: Vec<Series>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Series {
    name: String,
    points: Vec<Point>,
    #[serde(default)]
    line: Vec<(f64, f64)>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Point {
    x: f64,
    y: f64,
    low: Option<f64>,
    high: Option<f64>,
}

impl Scatter {
    fn points(&self) -> impl Iterator<Item = &Point> {
        self.series.iter().flat_map(|series| &series.points)
    }

    pub fn render(&self) -> Result<String, Error> {
        let lines = || self.series.iter().flat_map(|series| &series.line);
        let x = draw::range(
            self.points().map(|p| p.x).chain(lines().map(|p| p.0)),
            self.x.log,
        )?;
        let y = draw::range(
            self.points()
                .flat_map(|p| [Some(p.y), p.low, p.high])
                .flatten()
                .chain(lines().map(|p| p.1)),
            self.y.log,
        )?;
        let mut svg = String::new();
        {
            let root =
                SVGBackend::with_string(&mut svg, (self.width, self.height)).into_drawing_area();
            let names: Vec<String> = self.series.iter().map(|s| s.name.clone()).collect();
            let legend = draw::legend_width(&names).min(self.width / 2);
            let (plot, side) = root.split_horizontally(self.width - legend);
            if self.x.log {
                self.draw(&plot, (x.0..x.1).log_scale(), y)?;
            } else {
                self.draw(&plot, x.0..x.1, y)?;
            }
            draw::draw_legend(&side, &names)?;
            root.present()?;
        }
        Ok(svg)
    }

    fn draw<X>(&self, area: &Area, x: X, y: (f64, f64)) -> Result<(), Error>
    where
        X: AsRangedCoord<Value = f64>,
        X::CoordDescType: ValueFormatter<f64>,
    {
        let mut chart = ChartBuilder::on(area)
            .margin(8)
            .x_label_area_size(44)
            .y_label_area_size(52)
            .build_cartesian_2d(x, y.0..y.1)?;
        chart
            .configure_mesh()
            .max_light_lines(0)
            .bold_line_style(draw::GRID)
            .axis_style(draw::INK)
            .label_style((draw::FONT, draw::FONT_SIZE).into_font().color(&draw::INK))
            .x_desc(&self.x.label)
            .y_desc(&self.y.label)
            .x_label_formatter(&|value| draw::tick(*value, self.x.log))
            .y_label_formatter(&|value| draw::tick(*value, false))
            .draw()?;
        for (index, series) in self.series.iter().enumerate() {
            let colour = draw::colour(index);
            if !series.line.is_empty() {
                chart.draw_series(LineSeries::new(series.line.clone(), colour.stroke_width(1)))?;
            }
            for point in &series.points {
                if let (Some(low), Some(high)) = (point.low, point.high) {
                    let ends = vec![(point.x, low), (point.x, high)];
                    chart.draw_series(LineSeries::new(ends, colour.mix(0.5).stroke_width(2)))?;
                }
                let at = chart.backend_coord(&(point.x, point.y));
                // Drawing areas have coordinates of their own.
                let (left, top) = area.get_base_pixel();
                draw::draw_marker(area, (at.0 - left, at.1 - top), index)?;
            }
        }
        Ok(())
    }
}
