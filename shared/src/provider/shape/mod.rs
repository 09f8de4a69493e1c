//! Bodies of the platforms that several providers pass on unchanged: one mapping per shape.

pub mod instagram_app;
pub mod instagram_profile;
pub mod instagram_web;
pub mod tiktok_app;
pub mod tiktok_web;
pub mod tweet;
pub mod youtube;
