//! This project has no Rust code: cargo only fetches the package that Cargo.toml pins, and requires a target to do so.
