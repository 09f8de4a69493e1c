//! Compiles the tests again when a fixture or a function is added, because each is a separate test.

fn main() {
    for folder in ["fixtures", "../functions"] {
        println!("cargo::rerun-if-changed={folder}");
    }
}
