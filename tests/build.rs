//! The tests are compiled anew where a fixture or a function is added: each is a test of its own.

fn main() {
    for folder in ["fixtures", "../functions"] {
        println!("cargo::rerun-if-changed={folder}");
    }
}
