//! Builds again when a locale file has changed.

fn main() {
    println!("cargo:rerun-if-changed=../locales");
}
