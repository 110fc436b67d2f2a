//! There is no Rust code in this project: cargo only fetches the package that Cargo.toml pins, and wants a target to do so.
