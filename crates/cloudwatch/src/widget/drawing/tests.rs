use anabranch_types::Timestamp;
use tiny_skia::Pixmap;

use super::super::picture::*;
use super::draw;

/// 2026-11-21T12:40:00Z
const START: i64 = 1_795_264_800;

fn look(width: u32, height: u32) -> Look {
    let axis = || Axis { label: None, min: None, max: None, shows_units: true };
    Look {
        width,
        height,
        title: "Orders".into(),
        view: View::TimeSeries,
        stacked: false,
        legend: LegendPosition::Bottom,
        theme: Theme::Light,
        offset_seconds: 0,
        left: axis(),
        right: axis(),
        horizontal: Vec::new(),
        vertical: Vec::new(),
    }
}

/// Values of the minutes from the start on; none where there is none.
fn line(label: &str, values: impl IntoIterator<Item = Option<f64>>) -> Line {
    let at = |n: i64| Timestamp::from_seconds(START + n * 60);
    let points = (0..).zip(values).filter_map(|(n, value)| Some((at(n), value?))).collect();
    Line {
        label: label.into(),
        color: None,
        side: Side::Left,
        unit: Some("Count"),
        period_seconds: 60,
        points,
    }
}

fn picture(look: Look, lines: Vec<Line>) -> Picture {
    let (start, end) = (Timestamp::from_seconds(START), Timestamp::from_seconds(START + 3 * 3600));
    Picture { look, start, end, lines }
}

fn drawn(picture: &Picture) -> Pixmap {
    Pixmap::decode_png(&draw(picture).expect("there is memory")).expect("it is a PNG")
}

/// How many pixels have just this colour.
fn pixels(of: &Pixmap, color: Color) -> usize {
    let is = |pixel: &&tiny_skia::PremultipliedColorU8| {
        (pixel.red(), pixel.green(), pixel.blue()) == (color.0, color.1, color.2)
    };
    of.pixels().iter().filter(is).count()
}

const RED: Color = Color(255, 0, 0);
const BLUE: Color = Color(0, 0, 255);

#[test]
fn a_picture_has_its_size_and_its_lines_in_their_colours() {
    let flat = Line { color: Some(RED), ..line("a", (0..180).map(|_| Some(5.0))) };
    let other =
        Line { color: Some(BLUE), side: Side::Right, ..line("b", (0..180).map(|n| Some(f64::from(n)))) };
    let image = drawn(&picture(look(600, 400), vec![flat.clone(), other]));
    assert_eq!((image.width(), image.height()), (600, 400));
    assert!(pixels(&image, RED) > 400, "{}", pixels(&image, RED));
    assert!(pixels(&image, BLUE) > 200, "{}", pixels(&image, BLUE));
    let without = drawn(&picture(look(600, 400), vec![Line { points: Vec::new(), ..flat }]));
    // The swatch of the legend alone.
    assert!((80..=100).contains(&pixels(&without, RED)), "{}", pixels(&without, RED));
}

#[test]
fn a_line_breaks_where_a_datapoint_is_missing() {
    let broken = |missing: bool| {
        let values = (0..180).map(|n| (!missing || !(60..120).contains(&n)).then_some(5.0));
        let line = Line { color: Some(RED), ..line("a", values) };
        let hidden = Look { legend: LegendPosition::Hidden, ..look(600, 400) };
        pixels(&drawn(&picture(hidden, vec![line])), RED)
    };
    let part = broken(true) as f64 / broken(false) as f64;
    assert!((0.6..0.72).contains(&part), "{part}");
}

#[test]
fn what_is_stacked_fills_the_room_beneath() {
    let all = || {
        vec![
            Line { color: Some(RED), ..line("a", (0..180).map(|_| Some(5.0))) },
            Line { color: Some(BLUE), ..line("b", (0..180).map(|_| Some(5.0))) },
        ]
    };
    let stacked = Look { stacked: true, ..look(600, 400) };
    let (apart, upon) = (drawn(&picture(look(600, 400), all())), drawn(&picture(stacked, all())));
    let reddish = |image: &Pixmap| image.pixels().iter().filter(|p| p.red() > 200 && p.green() < 140).count();
    assert!(reddish(&upon) > 20 * reddish(&apart).max(100), "{} {}", reddish(&upon), reddish(&apart));
}

#[test]
fn bars_and_slices_are_as_large_as_their_values() {
    let all = || {
        vec![
            Line { color: Some(RED), ..line("a", [Some(99.0), Some(3.0)]) },
            Line { color: Some(BLUE), ..line("b", [Some(1.0)]) },
        ]
    };
    for view in [View::Bar, View::Pie] {
        let look = Look { view, legend: LegendPosition::Hidden, ..look(600, 400) };
        let image = drawn(&picture(look, all()));
        let ratio = pixels(&image, RED) as f64 / pixels(&image, BLUE) as f64;
        assert!((2.8..3.2).contains(&ratio), "{view:?}: {ratio}");
    }
}

#[test]
fn annotations_are_drawn_and_widen_the_axis() {
    let edge = |at: f64| Edge { at, label: "limit".into() };
    let mark =
        Mark { first: edge(100.0), second: None, color: Some(RED), fill: Fill::Beyond, side: Side::Left };
    let look = Look { horizontal: vec![mark], ..look(600, 400) };
    let image = drawn(&picture(look, vec![line("a", (0..180).map(|_| Some(5.0)))]));
    assert!(pixels(&image, RED) > 400, "{}", pixels(&image, RED));
}

#[test]
fn no_size_and_no_value_is_too_odd_to_be_drawn() {
    let odd = [f64::MAX, f64::MIN, 0.0, f64::NAN, 1e-300, f64::INFINITY, -7.0];
    let edge = |at| Edge { at, label: "x".repeat(300) };
    for (width, height) in [(1, 1), (1, 2000), (2000, 1), (17, 23), (60, 60), (100, 120), (250, 90)] {
        for view in [View::TimeSeries, View::Bar, View::Pie] {
            for stacked in [false, true] {
                let vertical = |seconds| Edge { at: Timestamp::from_seconds(seconds), label: "y".repeat(9) };
                let mark = |at| Mark {
                    first: edge(at),
                    second: Some(edge(1.0)),
                    color: None,
                    fill: Fill::None,
                    side: Side::Right,
                };
                let look = Look {
                    view,
                    stacked,
                    legend: if stacked { LegendPosition::Right } else { LegendPosition::Bottom },
                    theme: Theme::Dark,
                    title: "t".repeat(5_000),
                    horizontal: vec![mark(f64::MAX), mark(-1.0)],
                    vertical: vec![Mark {
                        first: vertical(0),
                        second: Some(vertical(START + 60)),
                        color: None,
                        fill: Fill::None,
                        side: Side::Left,
                    }],
                    ..look(width, height)
                };
                let lines = (0..60).map(|n| line(&format!("line {n}"), odd.map(Some))).collect();
                let image = drawn(&picture(look, lines));
                assert_eq!((image.width(), image.height()), (width, height));
            }
        }
    }
    assert!(draw(&picture(look(0, 10), Vec::new())).is_none());
}
