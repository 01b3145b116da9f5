//! The `raqam` binary.

fn main() -> std::process::ExitCode {
    raqam::main()
}
