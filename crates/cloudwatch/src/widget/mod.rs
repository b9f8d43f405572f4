//! Pictures of metrics. [`request`] is what a widget asks for, read from its JSON; [`picture`] is what is to be drawn, all of it decided;
//! [`drawing`] draws it and knows no metrics. The operation between them is `get_metric_widget_image`.

pub(crate) mod drawing;
mod fields;
mod marks;
mod metrics;
pub(crate) mod picture;
pub(crate) mod request;
mod time;
