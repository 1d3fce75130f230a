//! Pictures of curves over the number of services, as SVG.
//!
//! Its one law: the same numbers give the same bytes; a picture can be read on a light page and on a dark one, so it brings its
//! background along.

use anyhow::{Context, Result, anyhow};
use plotters::backend::SVGBackend;
use plotters::chart::{ChartBuilder, SeriesLabelPosition};
use plotters::drawing::{DrawingArea, IntoDrawingArea};
use plotters::element::{Circle, EmptyElement, PathElement, Text};
use plotters::prelude::IntoLogRange;
use plotters::series::LineSeries;
use plotters::style::{Color, IntoFont, RGBColor, ShapeStyle};

use super::table::number;

/// Pixels of a panel.
const PANEL: (u32, u32) = (440, 260);
/// Panels beside each other.
const COLUMNS: usize = 2;
/// Ours, the original, others: told apart by people who see few colours too.
const COLOURS: [RGBColor; 4] =
    [RGBColor(0, 90, 181), RGBColor(220, 50, 32), RGBColor(90, 90, 90), RGBColor(140, 80, 160)];
const PAPER: RGBColor = RGBColor(255, 255, 255);
const INK: RGBColor = RGBColor(40, 40, 40);
const GRID: RGBColor = RGBColor(225, 225, 225);
const FONT: &str = "sans-serif";

/// A line: what it is of, and its points, numbers of services and values.
pub struct Curve {
    /// The set of programs.
    pub title: String,
    /// Number of services, value.
    pub points: Vec<(usize, f64)>,
}

/// Curves of the same thing.
pub struct Panel {
    /// What it is, with its unit.
    pub title: String,
    /// One for each set of programs.
    pub curves: Vec<Curve>,
}

type Area<'a> = DrawingArea<SVGBackend<'a>, plotters::coord::Shift>;

/// One picture of all panels, both axes logarithmic.
pub fn svg(panels: &[Panel]) -> Result<String> {
    let rows = panels.len().div_ceil(COLUMNS);
    let height = PANEL.1 * u32::try_from(rows).context("too many panels")?;
    let mut text = String::new();
    {
        let all = SVGBackend::with_string(&mut text, (PANEL.0 * COLUMNS as u32, height)).into_drawing_area();
        all.fill(&PAPER).map_err(unable)?;
        for (area, panel) in all.split_evenly((rows, COLUMNS)).iter().zip(panels) {
            draw(area, panel).with_context(|| format!("the picture of {}", panel.title))?;
        }
        all.present().map_err(unable)?;
    }
    Ok(text)
}

fn unable(error: impl std::fmt::Display) -> anyhow::Error {
    anyhow!("unable to draw: {error}")
}

fn draw(area: &Area, panel: &Panel) -> Result<()> {
    let points = || panel.curves.iter().flat_map(|curve| &curve.points);
    let sizes = points().map(|point| point.0 as f64);
    let values = points().map(|point| point.1);
    let ends = |all: &mut dyn Iterator<Item = f64>| {
        all.fold((f64::MAX, 0.0_f64), |(low, high), value| (low.min(value), high.max(value)))
    };
    let ((few, many), (low, high)) = (ends(&mut sizes.into_iter()), ends(&mut values.into_iter()));
    let mut chart = ChartBuilder::on(area)
        .caption(&panel.title, (FONT, 14).into_font().color(&INK))
        .margin(12)
        .x_label_area_size(24)
        .y_label_area_size(48)
        .build_cartesian_2d(
            (few * 0.8..many * 1.6).log_scale(),
            (decade(low, f64::floor)..decade(high, f64::ceil)).log_scale(),
        )
        .map_err(unable)?;
    chart
        .configure_mesh()
        .max_light_lines(0)
        .bold_line_style(GRID)
        .axis_style(INK)
        .label_style((FONT, 11).into_font().color(&INK))
        .x_label_formatter(&|value| number(*value))
        .y_label_formatter(&|value| number(*value))
        .draw()
        .map_err(unable)?;
    for (index, (curve, colour)) in panel.curves.iter().zip(COLOURS.iter().cycle()).enumerate() {
        let points: Vec<_> = curve.points.iter().map(|(size, value)| (*size as f64, *value)).collect();
        let line = ShapeStyle { color: colour.to_rgba(), filled: true, stroke_width: 2 };
        let series = chart.draw_series(LineSeries::new(points.iter().copied(), line)).map_err(unable)?;
        series.label(&curve.title).legend(move |(x, y)| PathElement::new([(x, y), (x + 16, y)], line));
        chart.draw_series(points.iter().map(|point| Circle::new(*point, 3, line))).map_err(unable)?;
        let label = (FONT, 10).into_font().color(colour);
        // The labels of the first curve stand above its points, those of others below theirs.
        let beside = if index == 0 { (-8, -16) } else { (4, 6) };
        let texts =
            points.iter().map(|point| EmptyElement::at(*point) + Text::new(number(point.1), beside, label.clone()));
        chart.draw_series(texts).map_err(unable)?;
    }
    let mut legend = chart.configure_series_labels();
    legend.position(SeriesLabelPosition::LowerRight).label_font((FONT, 11).into_font().color(&INK));
    legend.background_style(PAPER).border_style(GRID).draw().map_err(unable)
}

/// The power of ten before or behind a value.
fn decade(value: f64, round: fn(f64) -> f64) -> f64 {
    10.0_f64.powf(round(value.log10()))
}

#[cfg(test)]
mod tests {
    use super::{Curve, Panel, svg};

    fn panels() -> Vec<Panel> {
        let curve = |title: &str, slope: f64| Curve {
            title: title.into(),
            points: [10, 100, 1_000].map(|size| (size, size as f64 * slope)).to_vec(),
        };
        ["one", "two", "three"]
            .map(|title| Panel { title: title.into(), curves: vec![curve("ours", 0.02), curve("the original", 0.5)] })
            .into()
    }

    #[test]
    fn the_same_numbers_give_the_same_picture_and_others_another() -> anyhow::Result<()> {
        let picture = svg(&panels())?;
        assert_eq!(picture, svg(&panels())?);
        let mut others = panels();
        others[0].curves[0].points[0].1 = 9.0;
        assert_ne!(picture, svg(&others)?);
        for word in ["one", "two", "three", "ours", "the original", "500"] {
            assert!(picture.contains(word), "{word} is not in the picture");
        }
        Ok(())
    }
}
