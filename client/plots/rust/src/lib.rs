//! Plots as SVG. What is drawn is given as JSON: [`Plot`].
mod draw;
mod ffi;
mod heatmap;
mod intervals;
mod scatter;

use serde::Deserialize;

pub type Error = Box<dyn std::error::Error>;

#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Plot {
    Scatter(scatter::Scatter),
    Intervals(intervals::Intervals),
    Heatmap(heatmap::Heatmap),
}

/// The SVG document of a plot.
pub fn render(json: &str) -> Result<String, Error> {
    match serde_json::from_str(json)? {
        Plot::Scatter(plot) => plot.render(),
        Plot::Intervals(plot) => plot.render(),
        Plot::Heatmap(plot) => plot.render(),
    }
}
